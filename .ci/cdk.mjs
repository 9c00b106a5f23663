// Installs what the construct is compiled and tested against, unless it is there: all else does without its 190 MB.
import { execSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

// npm tells its scripts where their package lies: another npm would take that for its own.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache|userconfig))/i.test(name))
)
const { dependencies } = JSON.parse(readFileSync("test/cdk/package.json", "utf8"))
if (!Object.keys(dependencies).every((name) => existsSync(`test/cdk/node_modules/${name}`))) {
  execSync("npm ci --no-audit --no-fund --loglevel=error", { cwd: "test/cdk", env, stdio: "inherit" })
}
