/** `magpie up --demo` for the tests: its own data directory and ports. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    origin: string;
  }
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binary = process.env.MAGPIE_BINARY ?? join(root, "target/debug/magpie");
const START_MS = 120_000;
/** Of every account in the tests. */
export const PASSWORD = "a good long one";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

/** What this shell has set for a Magpie of its own is not for the tests. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("MAGPIE_")));
}

type Settings = Readonly<Record<string, string>>;

/** Starts Magpie and resolves when it says that it is ready. */
async function start(port: number, dataDir: string, settings: Settings): Promise<ChildProcess> {
  const any = "127.0.0.1:0";
  const child = spawn(binary, ["up", "--demo"], {
    env: {
      ...withoutSettings(process.env),
      MAGPIE_DATA_DIR: dataDir,
      MAGPIE_GATEWAY_BIND: `127.0.0.1:${port}`,
      MAGPIE_AUTH_BIND: any,
      MAGPIE_YOUTUBE_BIND: any,
      MAGPIE_DB_BIND: any,
      MAGPIE_YT_DLP: join(root, ".engine/bin/yt-dlp"),
      MAGPIE_AUTH_RATE_LIMIT_PER_MINUTE: "0",
      MAGPIE_RATE_LIMIT_PER_MINUTE: "0",
      MAGPIE_LOG: "error",
      ...settings,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("ready ")) {
        resolve();
      }
    });
    child.once("exit", (code) => {
      reject(new Error(`magpie ended with ${code}`));
    });
    setTimeout(() => {
      reject(new Error("magpie was not ready in time"));
    }, START_MS).unref();
  });
  await ready;
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

interface Stack {
  origin: string;
  stop: () => Promise<void>;
  /** Starts it again where it was, with what it had. */
  restart: () => Promise<void>;
  end: () => Promise<void>;
}

/** A stack that nobody has ever been to. */
export async function ownStack(settings: Settings = {}): Promise<Stack> {
  const dataDir = mkdtempSync(join(tmpdir(), "magpie-browser-"));
  const port = await freePort();
  let child = await start(port, dataDir, settings);
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => stop(child),
    restart: async () => {
      child = await start(port, dataDir, settings);
    },
    end: async () => {
      await stop(child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The stack that the tests share, with its administrator `first`. */
export default async function setup(project: TestProject) {
  const stack = await ownStack();
  await fetch(`${stack.origin}/api/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "first", email: "first@example.org", password: PASSWORD }),
  });
  project.provide("origin", stack.origin);
  return stack.end;
}
