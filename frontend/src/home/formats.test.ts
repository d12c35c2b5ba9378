import { expect, it } from "vitest";

import { audioChoices, codecName, effective, videoChoices } from "./formats";

const video = (height: number, width: number, rest = {}) => ({
  format_id: `${height}`,
  ext: "mp4",
  height,
  width,
  vcodec: "avc1.4d401f",
  ...rest,
});
const audio = (acodec: string, abr: number, rest = {}) => ({
  format_id: acodec,
  ext: "m4a",
  acodec,
  abr,
  ...rest,
});

it("each quality is one choice, with the codecs and the rate of its best streams", () => {
  const choices = videoChoices({
    video: [
      video(144, 256),
      video(360, 640, { fps: 25 }),
      video(1080, 1920, { fps: 30 }),
      video(1080, 1920, { fps: 60, vcodec: "vp9" }),
    ],
    audio: [],
  });
  expect(choices.map(({ quality }) => quality)).toEqual(["1080p", "360p"]);
  expect(choices[0]).toMatchObject({
    fps: 60,
    codecs: ["H.264", "VP9"],
    pixels: "1920 × 1080",
    bytes: null,
  });
});

it("sizes are of picture and sound together, unless one stream holds both", () => {
  const sizes = (rest: object) =>
    videoChoices({
      video: [video(720, 1280, { filesize: 1_000, ...rest })],
      audio: [audio("opus", 128, { filesize: 50 })],
    })[0]?.bytes;
  expect(sizes({})).toBe(1_050);
  expect(sizes({ acodec: "mp4a.40.2" })).toBe(1_000);
});

it("upright, wide and very large pictures are asked for by what they satisfy", () => {
  const quality = (height: number, width: number) =>
    videoChoices({ video: [video(height, width)], audio: [] })[0]?.quality;
  expect(quality(1920, 1080)).toBe("1080p");
  expect(quality(800, 1920)).toBe("1080p");
  expect(quality(4320, 7680)).toBe("best");
  expect(quality(0, 0)).toBeUndefined();
});

it("sound is one choice for each codec and language, and keeps its container", () => {
  const choices = audioChoices({
    video: [],
    audio: [
      audio("opus", 64),
      audio("opus", 128),
      audio("mp4a.40.2", 130),
      audio("opus", 128, { language: "de" }),
    ],
  });
  expect(choices.map(({ format, kbps, language }) => [format, kbps, language])).toEqual([
    ["m4a", 130, null],
    ["opus", 128, null],
    ["opus", 128, "de"],
  ]);
  expect(codecName("strange.1")).toBe("strange.1");
});

it("what is asked for comes to the best that is no higher, else to the lowest", () => {
  const choices = videoChoices({ video: [video(1080, 1920), video(720, 1280)], audio: [] });
  const got = (wanted: Parameters<typeof effective>[1]) => effective(choices, wanted)?.quality;
  expect(["best", "2160p", "1080p", "720p", "480p"].map((one) => got(one as "best"))).toEqual([
    "1080p",
    "1080p",
    "1080p",
    "720p",
    "720p",
  ]);
});
