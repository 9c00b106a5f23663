/**
 * The addresses of a cluster's nodes, and the credentials that may stand in them: taken out, so that no address that
 * is logged, or named by the client, holds a password. No message quotes an address either, as what can't be read may
 * be a password in part. Pure.
 */
import { Result } from "effect"

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface NodeAddresses {
  /** Without credentials. */
  readonly nodes: ReadonlyArray<URL>
  readonly credentials: Credentials | undefined
}

/** Reads one address or several, separated by commas. A comma within a password is none of them. */
export const parse = (text: string): Result.Result<NodeAddresses, string> => {
  const parts = text.split(/,\s*(?=https?:\/\/)/i).map((part) => part.trim())
  const urls = parts.map(toUrl)
  const bad = urls.indexOf(undefined)
  if (bad < 0) return separate(urls.filter((url) => url !== undefined))
  const which = parts.length === 1 ? "" : ` number ${bad + 1} of ${parts.length}`
  return Result.fail(`address${which} can't be read; ${form}`)
}

const form =
  "it must be like https://host:9200, or several with commas between them, each with its https:// or http://; in a " +
  "user name or password / ? # and % are written %2F %3F %23 and %25"

const toUrl = (text: string): URL | undefined => {
  // The parser leaves such characters out without a word, and with them a part of a password.
  if (/[\t\r\n]/.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const { hash, host, pathname, protocol, search } = url
  const isSplit = /[,@]/.test(host + pathname) || search !== "" || hash !== ""
  return /^https?:$/.test(protocol) && !isSplit ? url : undefined
}

/** Takes the credentials out of addresses; those of one cluster must be the same. */
export const separate = (urls: ReadonlyArray<URL>): Result.Result<NodeAddresses, string> => {
  const found = urls.flatMap(({ password, username }) => (username + password === "" ? [] : [{ password, username }]))
  const nodes = urls.map(withoutCredentials)
  const [first] = found
  if (first === undefined) return Result.succeed({ nodes, credentials: undefined })
  if (found.some(({ password, username }) => username === "" || password === "")) {
    return Result.fail("an address holds a user name without a password, or a password alone")
  }
  if (found.some(({ password, username }) => username !== first.username || password !== first.password)) {
    return Result.fail("the addresses hold different user names or passwords; those of one cluster have the same")
  }
  const username = decode(first.username)
  const password = decode(first.password)
  if (username === undefined || password === undefined) return Result.fail(`the credentials can't be read; ${form}`)
  return Result.succeed({ nodes, credentials: { username, password } })
}

const withoutCredentials = (url: URL): URL => {
  const bare = new URL(url)
  bare.username = ""
  bare.password = ""
  return bare
}

const decode = (text: string): string | undefined => {
  const decoded = Result.try(() => decodeURIComponent(text))
  return Result.isSuccess(decoded) ? decoded.success : undefined
}
