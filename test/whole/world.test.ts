/**
 * The whole way on real servers: DynamoDB Local takes a random workload through its API, its stream reaches the handler
 * as Lambda delivers it, and at the end every document in OpenSearch is what a scan of the table says; no more, no
 * less. One seed is one run: what is written and how it is delivered; only the lanes' race with each other is not in
 * it.
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
import { often } from "../often.ts"

const given = Effect.runSync(Effect.orDie(Effect.option(Config.Int("SEED"))))
const seeds = Option.isSome(given) ? [given.value] : [1, 2, randomInt(2 ** 31)].slice(-often(3))

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
    const [one, ten] = forms
    return {
      records: told,
      writers: ten!.containers.filter((one) => logged([one], "written") > 0).length,
      visible: one!.visible,
      hidden: one!.hidden
    }
  }

  for (const seed of seeds) {
    it(`is told right by its documents (seed ${seed})`, async () => {
      try {
        const lives = await Promise.all(worlds.map((world, i) => live(world, seed * worlds.length + i)))
        const sum = (count: keyof (typeof lives)[number]) => lives.reduce((total, life) => total + life[count], 0)
        assert.isAbove(sum("records"), 500)
        assert.isAbove(sum("visible"), 20)
        assert.isAbove(sum("hidden"), 5)
        assert.isAbove(sum("writers"), lives.length, "no two lanes wrote documents of one table")
      } catch (error) {
        const replay = `SEED=${seed} npx vitest run --config test/vitest.config.ts test/whole/world.test.ts`
        throw Object.assign(error as Error, { message: `${(error as Error).message}\nReplay: ${replay}` })
      }
    })
  }
})

/** Documents made by so many lanes, under an alias prefix of their own. */
class Form {
  containers: ReadonlyArray<Container>
  /** Documents that were seen, and that were there but hidden, at all checks. */
  visible = 0
  hidden = 0
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
    await deliver(records, this.containers, r)
  }

  async check(expected: ReturnType<World["documents"]>): Promise<void> {
    for (const [name, documents] of expected) {
      const alias = this.prefix + name
      const found = await searchAll(this.node, alias, exactFields)
      const visible = [...documents].filter(([, fields]) => fields !== undefined) as Array<[string, Fields]>
      same(withoutSync(found), visible, `what readers see of ${alias}`)

      const hidden = [...(await searchAll(this.node, `${alias}-000001`, exactFields))].filter(([id]) => !found.has(id))
      same(
        withoutSync(hidden),
        hidden.map(([id]) => [id, new Map()]),
        `what is hidden of ${alias}`
      )
      const missing = [...documents.keys()].filter((id) => !found.has(id) && !new Map(hidden).has(id))
      assert.deepStrictEqual(missing, [], `rows that ${alias} lost`)
      this.visible += found.size
      this.hidden += hidden.length
    }
    const lines = this.containers.flatMap(({ log }) => log).filter((line) => line.includes(secret))
    assert.deepStrictEqual(lines, [], "a log line holds data of a row")
  }
}

type Fields = ReadonlyMap<string, Tree>
type Documents = ReadonlyArray<readonly [id: string, Fields]>

const withoutSync = (documents: Iterable<readonly [string, Fields]>): Documents =>
  [...documents].map(([id, fields]) => [id, new Map([...fields].filter(([name]) => name !== "_sync"))])

/** Compares by value, and shows those documents alone that differ. */
const same = (found: Documents, expected: Documents, what: string): void => {
  const [actual, wanted] = [found, expected].map((side) => new Map(side.map(([id, fields]) => [id, show(fields)])))
  const differing = [...actual!.keys(), ...wanted!.keys()].filter((id) => actual!.get(id) !== wanted!.get(id))
  const side = (texts: Map<string, string>) =>
    [...new Set(differing)].map((id) => `${JSON.stringify(id)}: ${texts.get(id) ?? "none"}`).join("\n")
  assert.strictEqual(side(actual!), side(wanted!), what)
}
