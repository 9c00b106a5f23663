/**
 * What the compiler says of a definition. `tsc` checks this file: a line marked as an error must be one, and the types
 * that carry an error's sentence are compared with it. Nothing here runs but the last test.
 */
import { assert, it } from "@effect/vitest"
import { type Effect, type Option, Schema } from "effect"
import * as Aggregate from "../../src/define/Aggregate.ts"
import * as Table from "../../src/define/Table.ts"
import * as Documents from "../../src/sink/Documents.ts"
import { deliveries, put, remove } from "../../src/testing/index.ts"
import { Basket, Ledger, Order, Task, Thread, User } from "../definitions.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(isSame: Same<A, B>): void => void isSame
const never = (unused: () => unknown): void => void unused
const S = Schema.String

never(() => {
  same<
    typeof Order.Type,
    {
      readonly orderId: string
      readonly customerName: string
      readonly note?: string
      readonly orderItems: ReadonlyArray<{ readonly sku: string; readonly quantity: number; readonly price: number }>
      readonly shipmentInfo?: { readonly carrier: string; readonly status: "packed" | "sent" }
      readonly pieces: number
    }
  >(true)
  same<
    typeof Basket.Type,
    {
      readonly lines: ReadonlyArray<{ readonly sku: string; readonly count: number }>
      readonly voucher?: { readonly percent: number }
    }
  >(true)
  same<(typeof Ledger.Type)["balance"], bigint>(true)
  // @ts-expect-error the comparison itself can fail
  same<typeof User.Type, { readonly userId: string }>(true)
})

/** The type at a property is the sentence, so the compiler's message ends in it. */
never(() => {
  Aggregate.make("orders", {
    key: "ORDER#{id}",
    root: Aggregate.root("X", { items: S }),
    // @ts-expect-error
    parts: { items: Aggregate.many("I#{n}", { n: S }) }
  })
  Aggregate.make("orders", {
    key: "ORDER#{id}",
    // @ts-expect-error
    root: Aggregate.root("X", { _sync: S })
  })
  Aggregate.make("orders", {
    key: "ORDER#{id}",
    // @ts-expect-error
    parts: { _sync: Aggregate.many("I#{n}", { n: S }) }
  })
  // @ts-expect-error
  Order.pipe(Aggregate.derive({ orderItems: S }, () => ({ orderItems: "x" })))
  // @ts-expect-error
  Order.pipe(Aggregate.derive({ _sync: S }, () => ({ _sync: "x" })))
  // @ts-expect-error the derived field is missing
  Order.pipe(Aggregate.derive({ total: S }, () => ({})))
  // @ts-expect-error the document has no such field
  Order.pipe(Aggregate.derive({ total: S }, (order) => ({ total: order.nothing })))
  // @ts-expect-error
  Table.make({ partitionKey: "PK", aggregates: [Order, Order] })
  Table.make({ partitionKey: "PK", aggregates: [Order, User] })
})

/** Key names are told by the templates, and fields by the rows' schemas. */
never(() => {
  const item = { sku: "tea", quantity: 1, price: 2 }
  put(Order).root({ orderId: "1" }, { orderId: "1", customerName: "Ada" })
  put(Order).orderItems({ orderId: "1", n: "1" }, item)
  put(Basket).lines({ shop: "1", basket: "2", line: "3" }, { sku: "x", count: 1 })
  remove(Order).shipmentInfo({ orderId: "1", id: "1" })
  // @ts-expect-error n is missing
  put(Order).orderItems({ orderId: "1" }, item)
  // @ts-expect-error the aggregate's own name is missing
  put(Order).orderItems({ n: "1" }, item)
  // @ts-expect-error there is no such name
  put(Order).orderItems({ orderId: "1", n: "1", m: "2" }, item)
  // @ts-expect-error the name of another part
  remove(Order).orderItems({ orderId: "1", id: "1" })
  // @ts-expect-error keys are texts
  remove(Order).orderItems({ orderId: "1", n: 1 })
  // @ts-expect-error there is no such part
  put(Order).items({ orderId: "1", n: "1" }, item)
  // @ts-expect-error a field is missing
  put(Order).root({ orderId: "1" }, { orderId: "1" })
  // @ts-expect-error a field of another type
  put(Order).orderItems({ orderId: "1", n: "1" }, { ...item, price: "2" })
  put(Order).orderItems.raw({ orderId: "1", n: "1" }, { price: { S: "2" } })
  // @ts-expect-error
  put(Order).orderItems.raw({ orderId: "1" }, { price: { S: "2" } })
  // @ts-expect-error
  put(Order).orderItems.raw({ orderId: "1", n: "1" }, { price: 2 })
  deliveries(Order, { raw: { root: [{ note: { N: "1" } }], orderItems: [] } })
  // @ts-expect-error
  deliveries(Order, { raw: { items: [] } })
  // @ts-expect-error an aggregate without a root
  put(Basket).root({ shop: "1", basket: "2" }, {})
  // @ts-expect-error half of a pair
  put(Basket).lines({ shop: "1", line: "3" }, { sku: "x", count: 1 })

  same<
    ReturnType<typeof Documents.get<typeof Order>> extends Effect.Effect<infer D, any, any> ? D : never,
    Option.Option<typeof Order.Type>
  >(true)
  Documents.get(Order, { orderId: "1" })
  // @ts-expect-error
  Documents.get(Order, { id: "1" })
  // @ts-expect-error
  Documents.get(Order, {})
  // @ts-expect-error
  Documents.get(Basket, { shop: "1" })
})

/** A type is a text, or texts by their attributes. */
never(() => {
  const comments = Aggregate.many("{n}", { text: S }, { type: "comment" })
  const Typed = Aggregate.make("typed", { key: "T#{id}", parts: { comments } })
  same<typeof Typed.Type, { readonly comments: ReadonlyArray<{ readonly text: string }> }>(true)
  put(Typed).comments({ id: "1", n: "2" }, { text: "x" })
  Aggregate.root("X", { a: S }, { type: { entity: "order" }, where: Schema.Struct({ a: S }) })
  // @ts-expect-error a type is a text
  Aggregate.many("{n}", { text: S }, { type: { entity: 1 } })
  Table.make({ partitionKey: "PK", sortKey: "SK", typeAttribute: "entity", aggregates: [Typed] })
})

/** Parts inside parts, those that only `derive` reads, and fields of which there are alternatives. */
never(() => {
  same<
    typeof Task.Type,
    {
      readonly title: string
      readonly comments: ReadonlyArray<{
        readonly body: string
        readonly reactions: ReadonlyArray<{ readonly emoji: string; readonly origin?: {} }>
        readonly pin?: { readonly at: Date }
      }>
      readonly visited: { readonly [x: string]: number }
    }
  >(true)
  same<(typeof Thread.Type)["posts"][number]["answers"], ReadonlyArray<{ readonly text: string }>>(true)
  const key = { project: "1", task: "2" }
  put(Task).comments.reactions({ ...key, c: "3", u: "4" }, { emoji: "x" })
  put(Task).comments.reactions.raw({ ...key, c: "3", u: "4" }, { emoji: { S: "x" } })
  remove(Task).comments.reactions.origin({ ...key, c: "3", u: "4", o: "5" })
  put(Task).visits.pages({ ...key, v: "1", p: "2" }, { path: "/" })
  deliveries(Task, { raw: { comments: [], "comments.reactions.origin": [{ x: { S: "1" } }] } })
  // @ts-expect-error the name of the outer row is missing
  put(Task).comments.reactions({ ...key, u: "4" }, { emoji: "x" })
  // @ts-expect-error fields of another part
  put(Task).comments.reactions({ ...key, c: "3", u: "4" }, { body: "x" })
  // @ts-expect-error there is no such part
  remove(Task).comments.visits({ ...key, c: "3", u: "4" })
  // @ts-expect-error
  deliveries(Task, { raw: { "comments.body": [] } })
  Task.pipe(
    Aggregate.derive({ seconds: Schema.Int }, ({ comments, visited, visits }) => ({
      seconds: visits.reduce((sum, { pages, seconds }) => sum + seconds + pages.length, comments.length) + visited["0"]!
    }))
  )

  const Payment = Aggregate.make("payments", {
    key: "PAYMENT#{id}",
    root: Aggregate.root(
      "HEAD",
      Schema.Union([
        Schema.Struct({ kind: Schema.Literal("card"), last4: S }),
        Schema.Struct({ kind: Schema.Literal("transfer"), iban: S })
      ])
    ),
    parts: { tries: Aggregate.many("TRY#{n}", { at: S }) }
  }).pipe(
    Aggregate.derive({ label: S }, (payment) => ({ label: payment.kind === "card" ? payment.last4 : payment.iban }))
  )
  type More = { readonly tries: ReadonlyArray<{ readonly at: string }>; readonly label: string }
  const card: typeof Payment.Type = { kind: "card", last4: "1", tries: [], label: "1" }
  same<Extract<typeof Payment.Type, { readonly kind: "card" }>["last4"], string>(true)
  same<(typeof Payment.Type)["tries"], More["tries"]>(true)
  put(Payment).root({ id: "1" }, card.kind === "card" ? { kind: "card", last4: "1" } : { kind: "transfer", iban: "1" })
  // @ts-expect-error a field of the other alternative
  put(Payment).root({ id: "1" }, { kind: "card", iban: "1" })
})

/** Fields known at run time only are no collision, as far as types can tell. */
never(() => {
  const fields: { readonly [name: string]: typeof Schema.String } = { id: S }
  Aggregate.make("things", {
    key: "T#{id}",
    root: Aggregate.root("X", fields),
    parts: { rows: Aggregate.many("R#{n}", { n: S }) }
  })
})

it("a type has no value behind it", () => assert.isFalse("Type" in Order))
