import { describe, expect, it } from "vitest";

import { asRanges, asUrl, firstLink, fromRanges, onePerLine, readLines, targetOf } from "./links";

describe("what people paste", () => {
  it("keeps the numbers of lines when empty ones lie between", () => {
    const lines = readLines("https://youtu.be/a\n\n  not a link \r\nyoutu.be/b");
    expect(lines.map((line) => line.number)).toEqual([0, 2, 3]);
    expect(lines.map((line) => line.url)).toEqual([
      "https://youtu.be/a",
      null,
      "https://youtu.be/b",
    ]);
  });

  it("puts links that share a line on lines of their own", () => {
    const text = "https://youtu.be/a https://youtu.be/b,https://youtu.be/c";
    expect(onePerLine(text).split("\n")).toHaveLength(3);
    expect(onePerLine("https://example.org/?next=a,b")).toBe("https://example.org/?next=a,b");
  });

  it("refuses what is no link of the web", () => {
    for (const text of [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "hello",
      "two words.de",
      "https://",
    ]) {
      expect(asUrl(text), text).toBeNull();
    }
  });

  it("finds the link in what an app shares", () => {
    expect(firstLink(null, "Look: https://youtu.be/a !")).toBe("https://youtu.be/a");
    expect(firstLink("nothing", undefined)).toBeNull();
  });
});

describe("where links lead", () => {
  it.each([
    ["https://www.youtube.com/watch?v=a", "video"],
    ["https://www.youtube.com/watch?v=a&list=PL1", "either"],
    ["https://youtu.be/a?list=PL1", "either"],
    ["https://www.youtube.com/playlist?list=PL1", "playlist"],
    ["https://www.youtube.com/@somebody/videos", "playlist"],
    ["https://www.youtube.com/shorts/a", "video"],
    ["https://elsewhere.example/page", "video"],
  ])("%s is a %s", (link, target) => {
    expect(targetOf(link)).toBe(target);
  });
});

describe("picks", () => {
  it("are written as ranges and read back", () => {
    expect(asRanges([7, 3, 1, 2, 2])).toBe("1-3,7");
    expect(fromRanges("1-3, 7", 10)).toEqual([1, 2, 3, 7]);
    expect(fromRanges("8-", 10)).toEqual([8, 9, 10]);
    expect(fromRanges("-2", 10)).toEqual([1, 2]);
  });

  it("beyond the list are left out, and nonsense is said to be none", () => {
    expect(fromRanges("9-99", 10)).toEqual([9, 10]);
    for (const text of ["", "-", "a", "1-2-3", "1,,2"]) {
      expect(fromRanges(text, 10), text).toBeNull();
    }
  });
});
