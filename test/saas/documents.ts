/** The documents of the SaaS table's rows, told by plain loops that share nothing with `src`. */

export type Row = { readonly PK: string; readonly SK: string; readonly [attribute: string]: string | number }
type Fields = { readonly [name: string]: unknown }
type Make<A> = (row: Row, ...groups: ReadonlyArray<string>) => A | false | undefined
/** Documents by the names of their aggregates and their ids. */
export type Documents = { readonly [aggregate: string]: { readonly [id: string]: Fields } }

/** The documents that readers must see. `hasPinned`: as the table's next definition has them. */
export const documentsOf = (rows: ReadonlyArray<Row>, hasPinned = false): Documents => {
  const sorted = rows.toSorted((a, b) => Buffer.compare(Buffer.from(a.SK), Buffer.from(b.SK)))
  return { ...ofOrganisations(sorted), ...ofProjects(sorted, hasPinned), users: users(sorted) }
}

/** What `make` has of the rows of a partition whose sort key fits. */
const list = <A>(rows: ReadonlyArray<Row>, partition: string, sort: RegExp, make: Make<A>): ReadonlyArray<A> =>
  rows.flatMap((row) => {
    const match = row.PK === partition ? sort.exec(row.SK) : null
    return (match && make(row, ...match.slice(1))) || []
  })

/** A document for each partition of a kind, whose id is the rest of its key. */
const each = (rows: ReadonlyArray<Row>, kind: string, make: (partition: string, id: string) => Fields | undefined) => {
  const partitions = [...new Set(rows.map(({ PK }) => PK))].filter((PK) => PK.startsWith(kind))
  const found = partitions.map((PK) => [PK.slice(kind.length), make(PK, PK.slice(kind.length))] as const)
  return Object.fromEntries(found.flatMap(([id, fields]) => (fields ? [[id, fields]] : [])))
}

/** A document for each row whose sort key fits, under both of its keys. */
const single = (rows: ReadonlyArray<Row>, sort: RegExp, make: Make<Fields>) => {
  const partitions = [...new Set(rows.map(({ PK }) => PK))]
  const found = partitions.flatMap((PK) =>
    list(rows, PK, sort, (row, ...groups) => {
      const fields = make(row, ...groups)
      return fields && { id: `${PK}|${row.SK}`, fields }
    })
  )
  return Object.fromEntries(found.map(({ fields, id }) => [id, fields]))
}

const isLive = (row: Row) => row["deletedAt"] === undefined

const ofOrganisations = (rows: ReadonlyArray<Row>) => {
  const organisations = each(rows, "ORG#", (PK, orgId) => {
    const payments = (entity: string, field: string) =>
      list(rows, PK, /^PAYMENT#(?!DEFAULT$)(.+)$/, (row, id) => row["entity"] === entity && { id, [field]: row[field] })
    const [root] = list(rows, PK, /^ORG$/, ({ name }) => ({ orgId, name }))
    const [defaultPayment] = list(rows, PK, /^PAYMENT#DEFAULT$/, ({ id }) => ({ id }))
    return (
      root && {
        ...root,
        members: list(rows, PK, /^MEMBER#(.+)$/, (row, userId) => isLive(row) && { userId, role: row["role"] }),
        openInvoices: list(rows, PK, /^INVOICE#([^#]+)$/, ({ state }, no) => state === "open" && { no }),
        cards: payments("card", "last4"),
        bankAccounts: payments("bankAccount", "iban"),
        ...(defaultPayment && { defaultPayment })
      }
    )
  })
  const members = single(rows, /^MEMBER#(.+)$/, (row) => {
    const [kind, orgId] = row.PK.split("#")
    return kind === "ORG" && isLive(row) && { orgId, email: row["email"] }
  })
  const invoices = single(rows, /^INVOICE#([^#]+)$/, ({ PK, SK, state }, no) => {
    const lines = rows.filter((row) => row.PK === PK && row.SK.startsWith(`${SK}#LINE#`))
    const totalCents = lines.reduce((sum, { cents }) => sum + Number(cents), 0)
    return { no, state, lines: lines.map(({ cents, label }) => ({ label, cents })), totalCents }
  })
  return { organisations, members, invoices }
}

const ofProjects = (rows: ReadonlyArray<Row>, hasPinned: boolean) => {
  const projects = each(rows, "PROJECT#", (PK, projectId) => {
    const [root] = list(rows, PK, /^PROJECT$/, ({ name }) => ({ projectId, name }))
    return (
      root && {
        ...root,
        tasks: list(rows, PK, /^TASK#([^#]+)$/, (row, t) => isLive(row) && { t, title: row["title"] }),
        comments: list(rows, PK, /^TASK#([^#]+)#COMMENT#([^#]+)$/, (_, t, c) => ({ t, c })),
        notes: list(rows, PK, hasPinned ? /^NOTE#[^#]+$/ : /^NOTE#/, ({ text }) => ({ text })),
        ...(hasPinned && { pinned: list(rows, PK, /^NOTE#([^#]+)#PINNED$/, (_, n) => ({ n })) })
      }
    )
  })
  const tasks = single(rows, /^TASK#[^#]+$/, (task) => {
    const own = rows.filter(({ SK }) => SK.startsWith(`${task.SK}#`))
    return (
      isLive(task) && {
        title: task["title"],
        comments: list(own, task.PK, /#COMMENT#[^#]+$/, ({ PK, SK, body }) => {
          const inner = own.filter((other) => other.SK.startsWith(`${SK}#`))
          return { body, reactions: list(inner, PK, /#REACTION#(.+)$/, ({ emoji }, u) => ({ u, emoji })) }
        })
      }
    )
  })
  const activities = each(rows, "PROJECT#", (PK) => {
    const comments = list(rows, PK, /^TASK#[^#]+#COMMENT#[^#]+$/, ({ body }) => ({ body }))
    return comments.length === 0 ? undefined : { comments }
  })
  return { projects, tasks, activities }
}

const users = (rows: ReadonlyArray<Row>) =>
  each(rows, "USER#", (PK, userId) =>
    rows.some(({ SK }) => SK === PK)
      ? { userId, memberships: list(rows, PK, /^MEMBER#(.+)$/, (_, orgId) => ({ orgId })) }
      : undefined
  )
