/**
 * A real OpenSearch with its security plugin: TLS by an authority made here, users, and roles that may do little. The
 * plugin comes from Maven as a zip; jars that the server has already are left out of it.
 */
import { NodeServices } from "@effect/platform-node"
import { Deferred, Effect, FileSystem, Path } from "effect"
import { execFile } from "node:child_process"
import { request } from "node:https"
import { promisify } from "node:util"
import type { Java } from "../../../src/local/Java.ts"
import * as JavaProcess from "../../../src/local/JavaProcess.ts"
import * as Maven from "../../../src/local/Maven.ts"
import type { Version } from "../../../src/local/OpenSearchLocal.ts"
import * as Ports from "../../../src/local/Ports.ts"
import { because } from "../../../src/local/ServerError.ts"
import * as Servers from "../../../src/local/Servers.ts"
import type { Answer } from "../opensearch.ts"

const title = "OpenSearch with security"

const plugins = { "3.8": "3.4.0.0", "2.19": "2.19.4.0" } as const

export const jars = (version: Version): Maven.Jars => ({
  title: "OpenSearch's security plugin",
  name: "opensearch-security",
  version: plugins[version],
  dependencies: [
    // The plugin answers 500 without it, and does not bring it.
    { group: "org.apache.commons", artifact: "commons-collections4", version: "4.5.0" },
    { group: "org.opensearch.plugin", artifact: "opensearch-security", version: plugins[version], type: "zip" }
  ]
})

export interface Secured {
  /** `https://127.0.0.1:9210`. */
  readonly node: string
  /** The file with its certificate authority. */
  readonly authority: string
  /** A request as the administrator, who may do everything. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>
}

/** A store's password is the one that the plugin takes where none is set. */
const settings = `discovery.type: single-node
plugins.security.ssl.transport.keystore_type: PKCS12
plugins.security.ssl.transport.keystore_filepath: node.p12
plugins.security.ssl.transport.truststore_type: PKCS12
plugins.security.ssl.transport.truststore_filepath: trusted.p12
plugins.security.ssl.transport.enforce_hostname_verification: false
plugins.security.ssl.http.enabled: true
plugins.security.ssl.http.keystore_type: PKCS12
plugins.security.ssl.http.keystore_filepath: node.p12
plugins.security.ssl.http.truststore_type: PKCS12
plugins.security.ssl.http.truststore_filepath: trusted.p12
plugins.security.allow_default_init_securityindex: true
plugins.security.nodes_dn: ["CN=node,O=test"]
plugins.security.authcz.admin_dn: ["CN=admin,O=test"]
plugins.security.restapi.roles_enabled: [all_access]
`

/** Starts one; it goes with its scope. */
export const start = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { java, jars: own, version } = (yield* Servers.locate).openSearch
  const library = yield* Maven.fetch(own, java)
  const plugin = yield* Maven.fetch(jars(version), java)
  const folder = yield* JavaProcess.temporaryFolder(title, "tablefold-secured-")
  const conf = path.join(folder, "conf")
  yield* fs.makeDirectory(conf, { mode: 0o700 })
  yield* fs.copy(path.join(plugin, "config"), path.join(conf, "opensearch-security"))
  yield* fs.writeFileString(path.join(conf, "opensearch.yml"), settings)
  yield* makeCertificates(java, conf)
  const classPath = yield* withoutDoubles(library, plugin)
  const port = (yield* Ports.within(9201, 9299)) ?? 9201
  const listens = yield* Deferred.make<number>()
  const child = yield* JavaProcess.start({
    title,
    java,
    folder,
    killSignal: "SIGKILL",
    onLine: (line) => {
      const found = /^HTTP Port:\s*(\d+)/.exec(line)?.[1]
      if (found !== undefined) Deferred.doneUnsafe(listens, Effect.succeed(Number(found)))
    },
    args: ["-Xms512m", "-Xmx512m", "-cp", classPath, "org.codelibs.opensearch.runner.OpenSearchRunner"].concat(
      ["-basePath", path.join(folder, "data"), "-confPath", conf, "-numOfNode", "1", "-clusterName"],
      [path.basename(folder), "-baseHttpPort", `${port - 1}`, "-printOnFailure"],
      ["-pluginTypes", "org.opensearch.security.OpenSearchSecurityPlugin"]
    )
  })
  const real = yield* Effect.raceFirst(Deferred.await(listens), child.ended)
  const node = `https://127.0.0.1:${real}`
  const authority = path.join(conf, "ca.pem")
  const ca = yield* fs.readFileString(authority)
  const secured: Secured = { node, authority, ask: (...asked) => askAsAdmin(node, ca, ...asked) }
  const isOurs = Effect.tryPromise(() => secured.ask("GET", "/")).pipe(
    Effect.filterOrFail(({ status, text }) => status === 200 && text.includes(path.basename(folder)))
  )
  yield* JavaProcess.whenReady(title, child, isOurs)
  return secured
}).pipe(
  Effect.catchTag("PlatformError", (error) => Effect.fail(because("NotStarted", `${title} was not set up`)(error))),
  Effect.provide(NodeServices.layer)
)

/** The server's jars, and those of the plugin whose artifact it does not have. */
const withoutDoubles = Effect.fnUntraced(function* (library: string, plugin: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const artifact = (jar: string) => jar.replace(/-\d[^/]*\.jar$/, "")
  const own = new Set((yield* fs.readDirectory(library)).map(artifact))
  const added = (yield* fs.readDirectory(plugin)).filter(
    (name) => name.endsWith(".jar") && !own.has(artifact(name)) && !name.startsWith("log4j-slf4j-impl")
  )
  return [path.join(library, "*"), ...added.map((name) => path.join(plugin, name))].join(
    process.platform === "win32" ? ";" : ":"
  )
})

/**
 * An authority, and a certificate by it for the node; made by Java's own tool, which is there wherever the server runs.
 */
const makeCertificates = Effect.fnUntraced(function* (java: Java, folder: string) {
  const path = yield* Path.Path
  const keytool = (command: string, store: string, ...args: ReadonlyArray<string>) =>
    Effect.promise(() =>
      promisify(execFile)(
        path.join(java.home, "bin", "keytool"),
        [command, "-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit", ...args],
        { cwd: folder }
      )
    )
  const key = ["-keyalg", "RSA", "-keysize", "2048", "-validity", "2"]
  const names = ["-ext", "san=dns:localhost,ip:127.0.0.1"]
  yield* keytool("-genkeypair", "ca.p12", "-alias", "ca", ...key, "-dname", "CN=ca,O=test", "-ext", "bc:c=ca:true")
  yield* keytool("-exportcert", "ca.p12", "-alias", "ca", "-rfc", "-file", "ca.pem")
  yield* keytool("-genkeypair", "node.p12", "-alias", "node", ...key, "-dname", "CN=node,O=test")
  yield* keytool("-certreq", "node.p12", "-alias", "node", "-file", "node.csr")
  const byCa = ["-alias", "ca", "-infile", "node.csr", "-outfile", "node.pem", "-rfc", "-validity", "2"]
  yield* keytool("-gencert", "ca.p12", ...byCa, ...names)
  for (const store of ["trusted.p12", "node.p12"]) {
    yield* keytool("-importcert", store, "-alias", "ca", "-file", "ca.pem", "-noprompt")
  }
  yield* keytool("-importcert", "node.p12", "-alias", "node", "-file", "node.pem")
})

const askAsAdmin = (node: string, ca: string, method: string, path: string, body?: unknown): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" }
    const asked = request(`${node}${path}`, { method, ca, auth: "admin:admin", headers, agent: false }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (part: string) => (text += part))
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }))
      answer.on("error", reject)
    })
    asked.on("error", reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
