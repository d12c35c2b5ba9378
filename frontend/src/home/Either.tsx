import { count } from "../format";
import { t } from "../i18n";

interface EitherProps {
  wantsList: boolean;
  count: number | null;
  onChange: (wantsList: boolean) => void;
}

/** The question that a link to a video within a playlist asks. */
export function Either({ wantsList, count: total, onChange }: EitherProps) {
  const list =
    total === null ? t("add.either.playlist") : t("add.either.playlistOf", { count: count(total) });
  const option = (isList: boolean, label: string) => (
    <label className="button button-plain flex-1 has-checked:border-accent has-checked:bg-wash has-focus-visible:outline-3 has-focus-visible:outline-accent">
      <input
        type="radio"
        name="either"
        className="tick"
        checked={wantsList === isList}
        onChange={() => {
          onChange(isList);
        }}
      />
      {label}
    </label>
  );
  return (
    <fieldset>
      <legend className="mb-2">{t("add.either.question")}</legend>
      <div className="flex flex-wrap gap-2">
        {option(false, t("add.either.video"))}
        {option(true, list)}
      </div>
    </fieldset>
  );
}
