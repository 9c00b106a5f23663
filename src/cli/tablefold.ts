#!/usr/bin/env node
/** The command `tablefold`. */
import { Command } from "effect/cli"
import { backfill } from "./backfill.ts"
import { check } from "./check.ts"
import { deadLetters } from "./deadLetters.ts"
import { dev } from "../dev/command.ts"
import { drop } from "./drop.ts"
import { explain } from "./explain.ts"
import { init } from "./init.ts"
import { mapping } from "./mapping.ts"
import { plan } from "./plan.ts"
import { policy } from "./policy.ts"
import { redrive } from "./redrive.ts"
import { rebuild } from "./rebuild.ts"
import { replay } from "./replay.ts"
import { rollback } from "./rollback.ts"
import { runMain } from "./runMain.ts"
import { status } from "./status.ts"
import { sweep } from "./sweep.ts"
import { tail } from "./tail.ts"
import { verify } from "./verify.ts"

const tablefold = Command.make("tablefold").pipe(
  Command.withDescription(
    "Keeps OpenSearch right from a DynamoDB single table: all rows of one aggregate, one document."
  ),
  Command.withSubcommands([
    init,
    dev,
    replay,
    check,
    tail,
    backfill,
    verify,
    explain,
    status,
    deadLetters,
    redrive,
    mapping,
    policy,
    plan,
    rebuild,
    rollback,
    drop,
    sweep
  ])
)

runMain(tablefold, { name: "tablefold" })
