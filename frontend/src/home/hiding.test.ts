import { beforeEach, expect, it } from "vitest";

import type { Download } from "../api/types";
import { hiding, isHidden } from "./hiding";
import type { Row } from "./rows";

const row = (id: string, rest: Partial<Download> = {}): Row => ({
  type: "single",
  key: id,
  download: { id, status: "completed", ...rest } as Download,
});
let user = 0;
const isGone = (one: Row) => {
  const { ids, clearedAt } = hiding.of(user);
  return isHidden(one, new Set(ids), clearedAt);
};

beforeEach(() => {
  user += 1;
  hiding.of(user);
});

it("what is hidden stays so for this account alone, until it is shown again", () => {
  hiding.hide(["a"]);
  expect(isGone(row("a"))).toBe(true);
  expect(hiding.of(user + 1_000).ids).toEqual([]);
  expect(hiding.of(user).ids).toEqual(["a"]);
  hiding.show(["a"]);
  expect(isGone(row("a"))).toBe(false);
});

it("hiding can be undone", () => {
  const undo = hiding.hide(["a", "b"]);
  undo();
  expect(isGone(row("b"))).toBe(false);
});

it("clearing hides what is done by then, and neither failures nor what comes later", () => {
  const undo = hiding.clear("2026-01-02T00:00:00Z");
  const [before, after] = ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"];
  expect(isGone(row("a", { completed_at: before }))).toBe(true);
  expect(isGone(row("b", { completed_at: after }))).toBe(false);
  expect(isGone(row("c", { status: "failed", completed_at: before }))).toBe(false);
  undo();
  expect(isGone(row("a", { completed_at: before }))).toBe(false);
});

it("what somebody wrote there by hand does no harm", () => {
  localStorage.setItem("magpie.hidden.999999", '{"ids":[1,"a"],"clearedAt":5}');
  expect(hiding.of(999_999)).toEqual({ ids: ["a"], clearedAt: null });
  localStorage.setItem("magpie.hidden.999998", "not json");
  expect(hiding.of(999_998).ids).toEqual([]);
});
