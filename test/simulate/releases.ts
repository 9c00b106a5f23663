/**
 * The definitions of orders that are deployed one after the other: one that needs another index than the first, and to
 * each one that only adds a field. A deployment has one of them, or two of which one stands under `previous`.
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

const release = (name: string, order: Aggregate.Any, pieces: number, hasGift: boolean): Release => {
  return { name, order, hash: Definition.of(order).hash, pieces, hasGift }
}

export const releases: ReadonlyArray<Release> = [
  release("first", Order, 1, false),
  release("first with gifts", make(0, 1, true), 1, true),
  release("second", make(1, 2, false), 2, false),
  release("second with gifts", make(1, 2, true), 2, true)
]

export const first: Deployment = deploymentOf(releases[0]!)

/** Each release alone, and each with each other under `previous`. */
export const deployments: ReadonlyArray<Deployment> = releases.flatMap((one) => [
  deploymentOf(one),
  ...releases.filter((other) => other !== one).map((other) => deploymentOf(one, other))
])

function deploymentOf(release: Release, previous?: Release): Deployment {
  const keys = { partitionKey: "PK", sortKey: "SK" }
  const aggregates: ReadonlyArray<Aggregate.Any> = [release.order, User, Basket]
  if (previous === undefined) {
    return { name: release.name, table: Table.make({ ...keys, aggregates: aggregates as [] }), releases: [release] }
  }
  return {
    name: `${release.name}, before it ${previous.name}`,
    table: Table.make({ ...keys, aggregates: aggregates as [], previous: [previous.order] }),
    releases: [release, previous]
  }
}
