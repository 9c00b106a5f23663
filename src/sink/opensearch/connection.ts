/** Connections that failed, judged. Pure. */
import type { Verdict } from "./answer.ts"

/** Judges a failed connection to `node`: a wrong address or certificate stays wrong, anything else may pass. */
export const ofFailure = (
  message: string,
  node: string
): Extract<Verdict, { readonly _tag: "Misconfigured" | "Transient" }> => {
  if (/ENOTFOUND|ERR_INVALID_URL/.test(message)) {
    return { _tag: "Misconfigured", reason: `there is no such host (${message}); check OPENSEARCH_NODE` }
  }
  if (/certificate|self.signed|unable to (verify|get local)|altnames|CERT_/i.test(message)) {
    const hint = "give its certificate authority in NODE_EXTRA_CA_CERTS, or check the host name in OPENSEARCH_NODE"
    return { _tag: "Misconfigured", reason: `its certificate is not trusted (${message}); ${hint}` }
  }
  if (/wrong version number|EPROTO|Parse Error/i.test(message)) {
    // OpenSSL's words stand between its routine and its source file: `…SSL routines:…:wrong version number:../deps…`
    const words = message.replace(/^[^]*:SSL routines:[^:]*:([^:]*):[^]*$/, "$1")
    const hint = "check whether OPENSEARCH_NODE must be http or https"
    return { _tag: "Misconfigured", reason: `it speaks another protocol (${words}); ${hint}` }
  }
  if (/could not load credentials|Region is missing|CredentialsProvider/i.test(message)) {
    return {
      _tag: "Misconfigured",
      reason: `no AWS credentials were found (${message}); check the role or AWS_PROFILE`
    }
  }
  if (
    /^the secret .* (can't be read, (AccessDenied|ResourceNotFound|Decryption|InvalidRequest)|must be)/.test(message)
  ) {
    return { _tag: "Misconfigured", reason: message }
  }
  // A TLS port hangs up on plain HTTP without a word; so does a server that goes down, which passes.
  const isHangUp = node.startsWith("http:") && /socket hang up|ECONNRESET/.test(message)
  return {
    _tag: "Transient",
    reason: isHangUp ? `${message}; if it speaks https, OPENSEARCH_NODE must say so` : message
  }
}
