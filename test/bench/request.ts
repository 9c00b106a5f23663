/** One request to OpenSearch, as JSON unless it says otherwise; throws unless it is answered as it should be. */
export const ask = async (url: string, { headers, ...request }: RequestInit = {}): Promise<any> => {
  const response = await fetch(url, { ...request, headers: { "content-type": "application/json", ...headers } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered with ${response.status}: ${text.slice(0, 1000)}`)
  return JSON.parse(text)
}

export const post = (url: string, body: object): Promise<any> =>
  ask(url, { method: "POST", body: JSON.stringify(body) })
