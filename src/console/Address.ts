/** The address that a console listens on. Pure. */
import { Result } from "effect"

export interface Address {
  readonly host: string
  readonly port: number
}

/** Reads `127.0.0.1:9464`, `[::1]:9464`, `:9464` or `9464`; the host defaults to 127.0.0.1. Fails with a sentence. */
export const parse = (text: string): Result.Result<Address, string> => {
  const [, host = "", digits = ""] = /^(?:(\[[0-9a-f:.]+\]|[^:[\]/]*):)?(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (digits === "" || port > 65_535) return Result.fail(`"${text}" is no address; it must be like 127.0.0.1:9464`)
  return Result.succeed({ host: host === "" ? "127.0.0.1" : host.replaceAll(/[[\]]/g, ""), port })
}

/** Tells whether only this machine reaches an address. */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host.toLowerCase())

export const urlOf = ({ host, port }: Address): string => `http://${host.includes(":") ? `[${host}]` : host}:${port}`
