/** Projects of users, in folders of their own, into which the package is installed as from a registry. */
import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const root = join(import.meta.dirname, "../..")

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** npm tells its scripts where their package lies: another npm would take that for its own. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache))|^(AWS|OPENSEARCH)_/i.test(name))
)

/** Runs a program in a folder, to its end. */
export const run = (cwd: string, program: string, args: ReadonlyArray<string>, variables = {}): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd, env: { ...env, ...variables }, maxBuffer: 64 * 2 ** 20 }
    execFile(program, args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    )
  })

/** Runs what has to end well, and gives its standard output. */
export const succeed = async (cwd: string, program: string, ...args: ReadonlyArray<string>): Promise<string> => {
  const { code, stderr, stdout } = await run(cwd, program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`)
  return stdout
}

const folders: Array<string> = []

/** A new folder, with files in it. */
export const folder = async (files: { readonly [path: string]: string } = {}): Promise<string> => {
  const made = await realpath(await mkdtemp(join(tmpdir(), "tablefold-package-")))
  folders.push(made)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(made, path)), { recursive: true })
    await writeFile(join(made, path), text)
  }
  return made
}

export const removeAll = () => Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })))

/** Builds and packs a copy of the repository, and gives the tarball. */
export const pack = async (): Promise<string> => {
  const copy = await folder()
  const parts = [
    "src",
    "docs",
    ".ci",
    "package.json",
    "tsconfig.json",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    ".npmrc"
  ]
  for (const part of parts) await cp(join(root, part), join(copy, part), { recursive: true })
  await symlink(join(root, "node_modules"), join(copy, "node_modules"))
  await mkdir(join(copy, "test"))
  await symlink(join(root, "test/cdk"), join(copy, "test/cdk"))
  await succeed(copy, "npm", "pack", "--pack-destination", copy)
  const { name, version } = JSON.parse(await readFile(join(copy, "package.json"), "utf8"))
  return join(copy, `${name}-${version}.tgz`)
}

const quiet = ["--no-audit", "--no-fund", "--loglevel=error"]

/** An empty project of ES modules with packages installed. */
export const project = async (
  files: { readonly [path: string]: string },
  ...packages: ReadonlyArray<string>
): Promise<string> => {
  const path = await folder({ "package.json": `{ "private": true, "type": "module" }`, ...files })
  await succeed(path, "npm", "install", ...quiet, ...packages)
  return path
}

/** Installs packages for all projects, below a folder; gives the folder of their commands. */
export const installGlobally = async (...packages: ReadonlyArray<string>): Promise<string> => {
  const prefix = await folder()
  await succeed(prefix, "npm", "install", "--global", "--prefix", prefix, ...quiet, ...packages)
  return join(prefix, "bin")
}
