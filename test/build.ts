import { execFileSync } from "node:child_process";

/** Builds `dist/` once before the tests, which run the package as it is published. */
export default function setup(): void {
  execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
}
