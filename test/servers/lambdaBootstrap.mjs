/**
 * What Lambda's Node runtime does: loads the handler's file, then asks for one invocation after the other and answers.
 * Plain JavaScript, and the HTTP module taken without its facade, so that next to nothing of a start is its own.
 */
const http = process.getBuiltinModule("node:http")

const { pathToFileURL } = process.getBuiltinModule("node:url")
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`

const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const request = http.request(`${api}/${path}`, { method, agent, headers: usage() }, (response) => {
      const chunks = []
      response.on("data", (chunk) => chunks.push(chunk))
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }))
      response.on("error", reject)
    })
    request.on("error", reject)
    request.end(body)
  })

/** What the process has used until now, told with each request: CPU of all its threads, and memory. */
const usage = () => {
  const { system, user } = process.cpuUsage()
  const { maxRSS } = process.resourceUsage()
  return { "x-cpu-micros": system + user, "x-rss-bytes": process.memoryUsage.rss(), "x-rss-max-bytes": maxRSS * 1024 }
}

const failure = (error) =>
  JSON.stringify({ errorType: String(error?.name), errorMessage: String(error?.message), stackTrace: error?.stack })

const invoke = async (handler) => {
  const { headers, text } = await ask("GET", "invocation/next")
  const id = headers["lambda-runtime-aws-request-id"]
  const context = {
    awsRequestId: id,
    getRemainingTimeInMillis: () => Number(headers["lambda-runtime-deadline-ms"]) - Date.now()
  }
  try {
    const answer = await handler(JSON.parse(text), context)
    await ask("POST", `invocation/${id}/response`, JSON.stringify(answer))
  } catch (error) {
    await ask("POST", `invocation/${id}/error`, failure(error))
  }
}

try {
  const { handler } = await import(pathToFileURL(process.argv[2]))
  for (;;) await invoke(handler)
} catch (error) {
  await ask("POST", "init/error", failure(error))
  process.exit(1)
}
