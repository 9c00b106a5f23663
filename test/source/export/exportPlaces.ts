/** Places that an export can be put into and read from: a folder, and a bucket of a real server. */
import { NodeServices } from "@effect/platform-node"
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import { Layer } from "effect"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { ExportFiles } from "../../../src/source/export/ExportFiles.ts"
import { layerFolder } from "../../../src/source/export/folderExportFiles.ts"
import { locationOf } from "../../../src/s3.ts"
import { layerS3 } from "../../../src/source/export/s3ExportFiles.ts"

type Files = ReadonlyMap<string, Uint8Array>

export interface Places {
  /** Puts files, and folders by names that end with a slash, into a place of their own, and gives its address. */
  readonly put: (...files: ReadonlyArray<Files>) => Promise<string>
  readonly layer: (address: string) => Layer.Layer<ExportFiles>
  readonly clear: () => Promise<void>
}

export const folders = (): Places => {
  const made: Array<string> = []
  return {
    put: async (...all) => {
      const folder = await mkdtemp(join(tmpdir(), "tablefold-export-"))
      made.push(folder)
      for (const [name, bytes] of all.flatMap((files) => [...files])) {
        const isFolder = name.endsWith("/")
        await mkdir(isFolder ? join(folder, name) : dirname(join(folder, name)), { recursive: true })
        if (!isFolder) await writeFile(join(folder, name), bytes)
      }
      return folder
    },
    layer: (folder) => layerFolder(folder).pipe(Layer.provide(NodeServices.layer)),
    clear: async () => {
      for (const folder of made) await rm(folder, { recursive: true, force: true })
    }
  }
}

const settings = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } }

export const buckets = (endpoint: string, bucket: string): Places => {
  const client = new S3Client({ endpoint, forcePathStyle: true, ...settings })
  const created = client.send(new CreateBucketCommand({ Bucket: bucket }))
  let count = 0
  return {
    put: async (...all) => {
      await created
      const prefix = `the table's/${++count}`
      for (const [name, Body] of all.flatMap((files) => [...files])) {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${name}`, Body }))
      }
      return `s3://${bucket}/${prefix}`
    },
    layer: (address) => layerS3(locationOf(address)!, { endpoint, ...settings }),
    clear: async () => client.destroy()
  }
}
