/**
 * An aggregate: all rows that make one document. `make` declares its key, its root and its parts, `derive` adds fields
 * computed from the finished document; `typeof Order.Type` is the document's type.
 */
import { Pipeable, Schema } from "effect"
import * as inspection from "./inspection.ts"
import type { Key } from "./Key.ts"
import * as Row from "./Row.ts"

export { many, one, root } from "./Row.ts"

type Root = Row.Row<"root">
type Parts = { readonly [name: string]: Row.Row<"many" | "one"> }

type TypeOf<R> = R extends Row.Row<any, any, infer S> ? S["Type"] : {}
type Simplify<T> = { readonly [K in keyof T]: T[K] } & {}

/** The document of a root and its parts. */
export type Document<R, P extends Parts> = Simplify<
  TypeOf<R> & { readonly [K in keyof P as P[K]["kind"] extends "many" ? K : never]: ReadonlyArray<TypeOf<P[K]>> } & {
    readonly [K in keyof P as P[K]["kind"] extends "one" ? K : never]?: TypeOf<P[K]>
  }
>

type Taken<Name, By extends string> = `field "${Name & string}" is already ${By}`
type Reserved<K> = Taken<K, "reserved for the sync state">
/** The names that a type tells; a record made at run time tells none, and `Table.make` looks at those. */
type Known<T> = keyof {
  [K in keyof T as string extends K ? never : number extends K ? never : symbol extends K ? never : K]: unknown
}
type FreeRoot<R> = "_sync" extends Known<TypeOf<R>> ? Reserved<"_sync"> : R
type Free<R, P> = {
  readonly [K in keyof P]: K extends "_sync"
    ? Reserved<K>
    : K extends Known<TypeOf<R>>
      ? Taken<K, "an attribute of the root">
      : P[K]
}
type FreeDerived<D, T> = {
  readonly [K in keyof D]: K extends "_sync"
    ? Reserved<K>
    : K extends Known<T>
      ? Taken<K, "a field of the document">
      : D[K]
}

/** Settings of the aggregate's index; each but the refresh interval is left to the server where it is not given. */
export interface IndexSettings {
  readonly shards?: number
  readonly replicas?: number
  /**
   * The time after which a write shows in searches at the latest, as OpenSearch writes it: `"200ms"`, `"30s"`, `"-1"`
   * for never. Defaults to `"1s"`. The index has it with the first start of a program that has it in its definition.
   */
  readonly refreshInterval?: string
  /** Analyzers, tokenizers and filters that `Mapping.field` refers to by name. */
  readonly analysis?: { readonly [kind: string]: unknown }
}

interface Options<K extends Key, R, P> {
  /** A template of the partition key, `"ORDER#{orderId}"`, or a pair with a prefix of the sort key. */
  readonly key: K
  /** The row that makes the document exist. Without one the document exists while any of its rows does. */
  readonly root?: R
  readonly parts?: P
  readonly index?: IndexSettings
  /** Raise it when the code of a transform or of a derived field changes its meaning: documents are made anew then. */
  readonly revision?: number
}

export interface Derived {
  readonly fields: Row.Fields
  readonly compute: (document: any) => unknown
}

export interface Aggregate<Name extends string, K extends Key, R extends Root | undefined, P extends Parts, T>
  extends Pipeable.Pipeable {
  readonly name: Name
  readonly key: K
  readonly root: R
  readonly parts: P
  readonly derived: ReadonlyArray<Derived>
  readonly index: IndexSettings
  readonly revision: number
  /** The document's type; a type only, there is no value behind it. */
  readonly Type: T
}

export type Any = Aggregate<string, Key, Root | undefined, Parts, any>

/**
 * Declares an aggregate. `name` is the alias under which readers find its documents, so it must be a name OpenSearch
 * takes for an index: lower case, no blanks. What is wrong with it beyond the types is reported by `Table.make`.
 */
export const make = <
  const Name extends string,
  const K extends Key,
  R extends Root | undefined = undefined,
  const P extends Parts = {}
>(
  name: Name,
  options: Options<K, R & NoInfer<FreeRoot<R>>, P & NoInfer<Free<R, P>>>
): Aggregate<Name, K, R, P, Document<R, P>> =>
  build({
    name,
    key: options.key,
    root: options.root as R,
    parts: (options.parts ?? {}) as P,
    derived: [],
    index: options.index ?? {},
    revision: options.revision ?? 0
  })

/**
 * Adds fields computed from the finished document, on each write. `compute` must be pure. If it throws, gives what JSON
 * or its schema can't hold, or a stored row is not one that the newest schema takes, the document is written without
 * these fields and those of the steps after them, and the log says so.
 */
export const derive =
  <A extends Any, const D extends Row.Fields>(
    fields: D & NoInfer<FreeDerived<D, A["Type"]>>,
    compute: (document: A["Type"]) => Schema.Struct<D>["Type"]
  ) =>
  (self: A): Aggregate<A["name"], A["key"], A["root"], A["parts"], Simplify<A["Type"] & Schema.Struct<D>["Type"]>> =>
    build({ ...self, derived: [...self.derived, { fields: fields as Row.Fields, compute }] })

const build = <N extends string, K extends Key, R extends Root | undefined, P extends Parts, T>(
  declared: Omit<Aggregate<N, K, R, P, T>, "pipe" | "Type">
): Aggregate<N, K, R, P, T> => Object.assign(Object.create(prototype), declared)

const prototype = inspection.define(
  Object.create(Pipeable.Prototype),
  ({ key, name }: Any) => `${name} ${typeof key === "string" ? key : key.join(" | ")}`
)
