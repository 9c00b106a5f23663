/**
 * Random work on one table through DynamoDB's API: rows put, updated, removed and put again, alone, in batches and in
 * transactions; items before their order, orders removed under their items, rows moved to another order.
 */
import {
  type AttributeValue,
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand
} from "@aws-sdk/client-dynamodb"
import type { Item, Value } from "./dynamodb.ts"
import type { Random } from "./random.ts"
import type { Kind, World } from "./rows.ts"
import { plain } from "./tree.ts"

/** A table at work: its random choices, and the rows it has now by key. */
export class Workload {
  private readonly rows = new Map<string, { readonly item: Item; readonly kind: Kind }>()
  private readonly client: DynamoDBClient
  private readonly tableName: string
  private readonly world: World
  private readonly r: Random

  constructor(client: DynamoDBClient, tableName: string, world: World, r: Random) {
    this.client = client
    this.tableName = tableName
    this.world = world
    this.r = r
  }

  async run(operations: number): Promise<void> {
    for (let i = 0; i < operations; i++) await this.r.weighted(this.operations).run()
  }

  /** Gives each document its root, so that what waits for one is seen; then a last row with this mark. */
  async rootAll(): Promise<void> {
    const roots = this.world.kinds.filter(({ isRoot }) => isRoot)
    for (const kind of roots) {
      for (const group of this.world.groups) {
        let item = kind.make(this.r, group)
        while (item["draft"] !== undefined && "BOOL" in item["draft"] && item["draft"].BOOL) {
          item = kind.make(this.r, group)
        }
        await this.put(item, kind)
      }
    }
  }

  /** A row that ends what is to be read of the stream: its image has this mark. */
  async mark(mark: string): Promise<void> {
    const kind = this.world.kinds[0]!
    await this.put({ ...kind.make(this.r, this.r.pick(this.world.groups)), mark: { S: mark } }, kind)
  }

  private readonly operations = [
    { weight: 40, run: () => this.putOne() },
    { weight: 20, run: () => this.update() },
    { weight: 12, run: () => this.remove() },
    { weight: 10, run: () => this.batch(2 + this.r.below(11)) },
    { weight: 8, run: () => this.transaction() },
    { weight: 4, run: () => this.removeGroup() },
    { weight: 4, run: () => this.move() },
    { weight: 2, run: () => this.putAgain() }
  ]

  private make(kind = this.r.weighted(this.world.kinds), group = this.group()): { item: Item; kind: Kind } {
    return { item: kind.make(this.r, group), kind }
  }

  /** Half of the work is done on few documents, so that lanes meet there. */
  private group(): string {
    const { groups } = this.world
    return this.r.chance(0.5) ? this.r.pick(groups.slice(0, 3)) : this.r.pick(groups)
  }

  private async putOne(): Promise<void> {
    const { item, kind } = this.make()
    await this.put(item, kind)
  }

  private async put(item: Item, kind: Kind): Promise<void> {
    await this.client.send(new PutItemCommand({ TableName: this.tableName, Item: toSdk(item) }))
    this.rows.set(this.keyOf(item), { item, kind })
  }

  /** Sets all attributes of a new version of the row or, where the row bears it, some; half the time old ones stay. */
  private async update(): Promise<void> {
    const { item, kind } = this.make()
    const before = this.rows.get(this.keyOf(item))?.item
    const keys = this.keysOf(item)
    const some = kind.isLoose === true && before !== undefined && this.r.chance(0.5)
    const set = Object.entries(item).filter(([name]) => keys[name] === undefined && (!some || this.r.chance(0.5)))
    const gone = this.r.chance(0.5) ? [] : Object.keys(before ?? {}).filter((name) => item[name] === undefined)
    if (set.length === 0 && gone.length === 0) return
    const assignments = set.map((_, i) => `#s${i} = :s${i}`).join(", ")
    const removals = gone.map((_, i) => `#r${i}`).join(", ")
    await this.client.send(
      new UpdateItemCommand({
        TableName: this.tableName,
        Key: toSdk(keys),
        UpdateExpression: `${set.length === 0 ? "" : `SET ${assignments} `}${gone.length === 0 ? "" : `REMOVE ${removals}`}`,
        ExpressionAttributeNames: Object.fromEntries([
          ...set.map(([name], i) => [`#s${i}`, name]),
          ...gone.map((name, i) => [`#r${i}`, name])
        ]),
        ...(set.length === 0 ? {} : { ExpressionAttributeValues: values(set.map(([, value]) => value)) })
      })
    )
    const kept = Object.entries(before ?? {}).filter(([name]) => !gone.includes(name))
    this.rows.set(this.keyOf(item), {
      item: { ...Object.fromEntries(kept), ...Object.fromEntries(set), ...keys },
      kind
    })
  }

  private async remove(): Promise<void> {
    const known = [...this.rows.values()]
    const item = known.length === 0 || this.r.chance(0.1) ? this.make().item : this.r.pick(known).item
    await this.client.send(new DeleteItemCommand({ TableName: this.tableName, Key: toSdk(this.keysOf(item)) }))
    this.rows.delete(this.keyOf(item))
  }

  private async batch(count: number): Promise<void> {
    const requests = this.distinct(count).map(({ item, kind }) => this.putOrRemove(item, kind))
    await this.client.send(
      new BatchWriteItemCommand({
        RequestItems: {
          [this.tableName]: requests.map(({ key, put }) =>
            put === undefined ? { DeleteRequest: { Key: key } } : { PutRequest: { Item: put } }
          )
        }
      })
    )
  }

  private async transaction(): Promise<void> {
    const requests = this.distinct(2 + this.r.below(6)).map(({ item, kind }) => this.putOrRemove(item, kind))
    await this.transact(requests)
  }

  /** An order goes, all at once or its root first; sometimes it comes again at once. */
  private async removeGroup(): Promise<void> {
    const partition = this.world.keys.partitionKey[0]
    const known = [...this.rows.values()]
    if (known.length === 0) return
    const gone = JSON.stringify(this.r.pick(known).item[partition])
    const members = known.filter(({ item }) => JSON.stringify(item[partition]) === gone).slice(0, 25)
    await this.transact(members.map(({ item, kind }) => this.putOrRemove(item, kind, true)))
    if (this.r.chance(0.5))
      await this.transact(members.slice(0, 5).map(({ item, kind }) => this.putOrRemove(item, kind)))
  }

  private async move(): Promise<void> {
    const known = [...this.rows.values()]
    if (known.length === 0) return
    const { item, kind } = this.r.pick(known)
    const moved = kind.make(this.r, this.group())
    if (this.keyOf(moved) === this.keyOf(item)) return
    await this.transact([this.putOrRemove(item, kind, true), this.putOrRemove(moved, kind, false)])
  }

  /** The same row again: no record of it comes in the stream. */
  private async putAgain(): Promise<void> {
    const known = [...this.rows.values()]
    if (known.length === 0) return
    const { item, kind } = this.r.pick(known)
    await this.put(item, kind)
  }

  private async transact(requests: ReadonlyArray<Write>): Promise<void> {
    const TableName = this.tableName
    await this.client.send(
      new TransactWriteItemsCommand({
        TransactItems: requests.map(({ key, put }) =>
          put === undefined ? { Delete: { TableName, Key: key } } : { Put: { TableName, Item: put } }
        )
      })
    )
  }

  private putOrRemove(item: Item, kind: Kind, remove = this.r.chance(0.3)): Write {
    const key = this.keyOf(item)
    if (remove) this.rows.delete(key)
    else this.rows.set(key, { item, kind })
    return { key: toSdk(this.keysOf(item)), put: remove ? undefined : toSdk(item) }
  }

  private distinct(count: number): ReadonlyArray<{ readonly item: Item; readonly kind: Kind }> {
    const group = this.group()
    const made = Array.from({ length: count }, () => this.make(undefined, this.r.chance(0.7) ? group : this.group()))
    return [...new Map(made.map((row) => [this.keyOf(row.item), row])).values()]
  }

  private keysOf(item: Item): Item {
    const { partitionKey, sortKey } = this.world.keys
    const names = sortKey === undefined ? [partitionKey[0]] : [partitionKey[0], sortKey[0]]
    return Object.fromEntries(names.map((name) => [name, item[name]!]))
  }

  private keyOf(item: Item): string {
    const values = Object.values(this.keysOf(item))
    return JSON.stringify(values.map((value) => ("N" in value ? plain(value.N) : value)))
  }
}

interface Write {
  readonly key: Record<string, AttributeValue>
  readonly put: Record<string, AttributeValue> | undefined
}

const values = (list: ReadonlyArray<Value>): Record<string, AttributeValue> =>
  Object.fromEntries(list.map((value, i) => [`:s${i}`, valueToSdk(value)]))

/** The SDK takes binary as bytes. */
const toSdk = (item: Item): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, valueToSdk(value)]))

const valueToSdk = (value: Value): AttributeValue => {
  if ("B" in value) return { B: Buffer.from(value.B, "base64") }
  if ("BS" in value) return { BS: value.BS.map((own) => Buffer.from(own, "base64")) }
  if ("L" in value) return { L: value.L.map(valueToSdk) }
  if ("M" in value) return { M: toSdk(value.M) }
  return value as AttributeValue
}
