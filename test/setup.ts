import { execFileSync } from "node:child_process";

/** Builds `dist/` once before the tests: the engine, and the doors, are tested as they are published. */
export default function setup(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
