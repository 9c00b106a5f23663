/**
 * The definitions of orders that are deployed one after the other: each revision needs an index of its own, and to each
 * there is one that only adds a field. A deployment has one of them, or two of which one stands under `previous`.
 */
import { Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Definition from "../../src/define/Definition.ts"
import * as Table from "../../src/define/Table.ts"
import { Basket, Order, User } from "../definitions.ts"

/** A definition of orders, and what its documents show. */
export interface Release {
  readonly name: string
  readonly order: Aggregate.Any
  readonly hash: string
  /** What each piece counts for. */
  readonly pieces: number
  readonly hasGift: boolean
}

/** What a container runs. */
export interface Deployment {
  readonly name: string
  readonly table: Table.Table
  readonly releases: ReadonlyArray<Release>
}

const make = (revision: number, pieces: number, hasGift: boolean) =>
  Aggregate.make("orders", {
    key: "ORDER#{orderId}",
    root: Aggregate.root("DETAILS", {
      orderId: Schema.String,
      customerName: Schema.String,
      note: Schema.optionalKey(Schema.String),
      ...(hasGift ? { gift: Schema.optionalKey(Schema.String) } : {})
    }),
    parts: Order.parts,
    revision
  }).pipe(
    Aggregate.derive({ pieces: Schema.Finite }, (order) => ({
      pieces: order.orderItems.reduce((sum, { quantity }) => sum + pieces * quantity, 0)
    }))
  )

const release = (revision: number, hasGift: boolean): Release => {
  const pieces = revision + 1
  const order = revision === 0 && !hasGift ? Order : make(revision, pieces, hasGift)
  const name = `revision ${revision}${hasGift ? " with gifts" : ""}`
  return { name, order, hash: Definition.of(order).hash, pieces, hasGift }
}

/** Each revision twice: the second time with a field more. */
export const releases: ReadonlyArray<Release> = Array.from({ length: 10 }, (_, i) => release(i >> 1, i % 2 === 1))

const keys = { partitionKey: "PK", sortKey: "SK" }

const aggregatesWith = ({ order }: Release) => {
  const aggregates: ReadonlyArray<Aggregate.Any> = [order, User, Basket]
  return aggregates as [Aggregate.Any]
}

const alone = (release: Release): Deployment => ({
  name: release.name,
  table: Table.make({ ...keys, aggregates: aggregatesWith(release) }),
  releases: [release]
})

const withPrevious = (release: Release, previous: Release): Deployment => ({
  name: `${release.name}, before it ${previous.name}`,
  table: Table.make({
    ...keys,
    aggregates: aggregatesWith(release),
    previous: [previous.order]
  }),
  releases: [release, previous]
})

/** What runs at first. */
export const first = alone(releases[0]!)

/** Each release alone, and each with each other under `previous`. */
export const deployments: ReadonlyArray<Deployment> = releases.flatMap((one) => [
  alone(one),
  ...releases.filter((other) => other !== one).map((other) => withPrevious(one, other))
])
