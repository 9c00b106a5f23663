import * as Sink from "../../src/sink/Sink.ts"
import * as SinkSuite from "../../src/testing/SinkSuite.ts"

SinkSuite.suite("memory", Sink.layerMemory)
