/**
 * Finishes a build: every text file also compressed, and the digest of the sources beside it, by
 * which `scripts/check` sees without Node whether the committed page is current.
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = join(root, "gateway/web/dist");
const TEXT = new Set([".html", ".js", ".css", ".svg", ".webmanifest"]);

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !TEXT.has(extname(path))) {
    continue;
  }
  const bytes = readFileSync(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

const digest = execFileSync(join(root, "scripts/page-digest"), { encoding: "utf8" });
writeFileSync(join(root, "gateway/web/sources.sha256"), digest);
