/** Who may do what, for administrators. */

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { admin, type UserChange } from "../api/calls";
import type { Profile } from "../api/types";
import { explain } from "../failure";
import { bytes, relative } from "../format";
import { t } from "../i18n";
import { useNow } from "../now";
import { useMe } from "../session";
import { toasts } from "../ui/toasts";
import { Screen } from "./Screen";
import { Refusal } from "./Welcome";

const GIGABYTE = 1_000_000_000;

export function Users() {
  const { data: me } = useMe();
  return (
    <Screen title={t("users.title")}>
      {me?.role === "admin" ? <List me={me} /> : <p>{t("users.forbidden")}</p>}
    </Screen>
  );
}

function List({ me }: { me: Profile }) {
  const client = useQueryClient();
  const users = useInfiniteQuery({
    queryKey: ["users"],
    queryFn: ({ pageParam }) => admin.users(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const change = useMutation({
    mutationFn: ({ id, body }: { id: number; body: UserChange }) => admin.changeUser(id, body),
    onError: (error) => toasts.show(explain(error), { isError: true }),
    onSettled: () => client.invalidateQueries({ queryKey: ["users"] }),
  });
  return (
    <>
      {users.error && <Refusal error={users.error} />}
      <ul className="grid gap-3">
        {users.data?.pages
          .flatMap((page) => page.items)
          .map((user) => (
            <UserRow
              key={user.id}
              user={user}
              isMe={user.id === me.id}
              onChange={(body) => {
                change.mutate({ id: user.id, body });
              }}
            />
          ))}
      </ul>
      {users.hasNextPage && (
        <button
          type="button"
          className="button button-plain mx-auto"
          onClick={() => void users.fetchNextPage()}
        >
          {t("common.more")}
        </button>
      )}
    </>
  );
}

interface RowProps {
  user: Profile;
  isMe: boolean;
  onChange: (body: UserChange) => void;
}

function UserRow({ user, isMe, onChange }: RowProps) {
  const now = useNow();
  const name = user.username;
  return (
    <li className="sheet flex flex-wrap items-center gap-x-6 gap-y-3 p-4">
      <div className="min-w-48 flex-1">
        <p className="font-semibold">
          {name}
          {isMe && <span className="ms-2 font-normal text-good">{t("users.you")}</span>}
        </p>
        <p className="text-sm text-soft">{user.email}</p>
        <p className="text-sm text-soft">
          {t("users.stored")}: {bytes(user.usage.stored_bytes)} · {t("users.seen")}:{" "}
          {user.last_login_at ? relative(user.last_login_at, now) : t("common.never")}
        </p>
      </div>
      <select
        className="field w-auto!"
        aria-label={t("users.roleOf", { name })}
        value={user.role}
        disabled={isMe}
        onChange={(event) => {
          onChange({ role: event.target.value === "admin" ? "admin" : "user" });
        }}
      >
        <option value="user">{t("users.role.user")}</option>
        <option value="admin">{t("users.role.admin")}</option>
      </select>
      <Limit user={user} onChange={onChange} />
      <label className="flex min-h-11 items-center gap-2">
        <input
          type="checkbox"
          className="tick"
          aria-label={t("users.activeOf", { name })}
          checked={user.is_active}
          disabled={isMe}
          onChange={(event) => {
            onChange({ is_active: event.target.checked });
          }}
        />
        {t("users.active")}
      </label>
    </li>
  );
}

/** How much a user may store, saved when the field is left. */
function Limit({ user, onChange }: Omit<RowProps, "isMe">) {
  const limit = user.quota.max_stored_bytes;
  const shown = limit === null ? "" : String(limit / GIGABYTE);
  const save = (text: string) => {
    const gigabytes = Number(text);
    if (text !== shown && (text === "" || gigabytes >= 0)) {
      const max_stored_bytes = text === "" ? null : Math.round(gigabytes * GIGABYTE);
      onChange({ quota: { max_stored_bytes } });
    }
  };
  return (
    <label className="flex min-h-11 items-center gap-2">
      <span aria-hidden="true">{t("users.quota")}</span>
      <input
        key={shown}
        type="number"
        min={0}
        step="any"
        className="field w-24!"
        aria-label={t("users.quotaOf", { name: user.username })}
        defaultValue={shown}
        onBlur={(event) => {
          save(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            event.currentTarget.blur();
          }
        }}
      />
    </label>
  );
}
