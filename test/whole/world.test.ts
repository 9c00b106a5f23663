/**
 * The whole way on real servers: DynamoDB Local takes a random workload through its API, its stream reaches the handler
 * as Lambda delivers it, and at the end every document in OpenSearch is what a scan of the table says; no more, no less.
 * One seed is one run: what is written and how it is delivered; only the lanes' race with each other is not in it.
 */
import { assert } from "@effect/vitest"
import { Config, Effect, Option } from "effect"
import { randomInt } from "node:crypto"
import { afterAll, it } from "vitest"
import { describeReal } from "../servers/servers.ts"
import { type Container, container, deliver, logged } from "./deliver.ts"
import { clientOf, makeTable, readStream, scan, type StreamRecord } from "./dynamodb.ts"
import { drop, searchAll } from "./opensearch.ts"
import { exactFields } from "./oracle.ts"
import { Random } from "./random.ts"
import { type World, worlds } from "./rows.ts"
import { show, type Tree } from "./tree.ts"
import { secret } from "./values.ts"
import { Workload } from "./workload.ts"

const given = Effect.runSync(Effect.orDie(Effect.option(Config.Int("SEED"))))
const seeds = Option.isSome(given) ? [given.value] : [1, 2, 3, randomInt(2 ** 31)]

const operations = 500

describeReal("the world", ({ dynamodbEndpoint, openSearchNode }) => {
  const client = clientOf(dynamodbEndpoint)
  const run = `world${randomInt(2 ** 31)}`
  afterAll(async () => {
    await drop(openSearchNode, run)
    client.destroy()
  })

  /** One table through both forms of delivery. */
  const live = async (world: World, seed: number) => {
    const r = new Random(seed)
    const name = `${run}-${world.name}-${seed}`
    const streamArn = await makeTable(client, name, world.keys)
    const workload = new Workload(client, name, world, r.fork())
    const forms = [1, 10].map((lanes) => new Form(openSearchNode, world, `${run}-${seed}-${lanes}-`, lanes))
    let told = 0
    for (const mark of ["as it is", "with all roots"]) {
      if (told === 0) await workload.run(Math.ceil((operations * world.share) / 100))
      else await workload.rootAll()
      await workload.mark(mark)
      const records = await readStream(dynamodbEndpoint, streamArn, mark)
      const items = await scan(dynamodbEndpoint, name)
      forms[0]!.restart()
      for (const form of forms) {
        await form.take(records.slice(told), r.fork())
        await form.check(world.documents(items))
      }
      told = records.length
    }
    const invocations = forms.map(({ invocations }) => invocations)
    return { records: told, invocations, conflicts: logged(forms[1]!.containers, "conflicts") }
  }

  for (const seed of seeds) {
    it(`is told right by its documents (seed ${seed})`, async () => {
      try {
        const lives = await Promise.all(worlds.map((world, i) => live(world, seed * worlds.length + i)))
        assert.isAbove(Math.min(...lives.map(({ records }) => records)), 10)
        assert.isAbove(
          lives.reduce((sum, { conflicts }) => sum + conflicts, 0),
          0,
          "no conditional write was refused"
        )
      } catch (error) {
        const replay = `SEED=${seed} npx vitest run --config test/vitest.config.ts test/whole/world.test.ts`
        throw new Error(`${(error as Error).message}\nReplay: ${replay}`, { cause: error })
      }
    })
  }
})

/** Documents made by so many lanes, under an alias prefix of their own. */
class Form {
  containers: ReadonlyArray<Container>
  invocations = 0
  private readonly node: string
  private readonly world: World
  private readonly prefix: string

  constructor(node: string, world: World, prefix: string, lanes: number) {
    this.node = node
    this.world = world
    this.prefix = prefix
    this.containers = Array.from({ length: lanes }, () => container(world.table, node, prefix))
  }

  /** Fresh processes, which know no document. */
  restart(): void {
    this.containers = this.containers.map(() => container(this.world.table, this.node, this.prefix))
  }

  async take(records: ReadonlyArray<StreamRecord>, r: Random): Promise<void> {
    this.invocations += await deliver(records, this.containers, r)
  }

  async check(expected: ReturnType<World["documents"]>): Promise<void> {
    for (const [name, documents] of expected) {
      const alias = this.prefix + name
      const found = await searchAll(this.node, alias, exactFields)
      const visible = [...documents].filter(([, fields]) => fields !== undefined) as Array<[string, Fields]>
      assert.strictEqual(showAll(withoutSync(found)), showAll(visible), `what readers see of ${alias}`)

      const all = await searchAll(this.node, `${alias}-000001`, exactFields)
      const hidden = [...all].filter(([id]) => !found.has(id))
      assert.strictEqual(showAll(withoutSync(hidden)), showAll(hidden.map(([id]) => [id, new Map()])), "what is hidden")
      for (const [id, fields] of documents) if (fields === undefined) assert.isTrue(all.has(id), `${alias} lost ${id}`)
    }
    const lines = this.containers.flatMap(({ log }) => log).filter((line) => line.includes(secret))
    assert.deepStrictEqual(lines, [], "a log line holds data of a row")
  }
}

type Fields = ReadonlyMap<string, Tree>

const withoutSync = (documents: Iterable<readonly [string, Fields]>): Array<[string, Fields]> =>
  [...documents].map(([id, fields]) => [id, new Map([...fields].filter(([name]) => name !== "_sync"))])

const showAll = (documents: Iterable<readonly [string, Fields]>): string => show(new Map(documents))
