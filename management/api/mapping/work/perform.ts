/** Performs the tasks: pure, and bounded in what it gives, but not in the time it takes. */
import {
  checkMapping,
  compileExpression,
  convertToV2,
  mappingCoverage,
  type MappingFault,
  sizeOf,
  triedEvent,
} from "@datafly-signal/core";
import { MAX_FAULTS, MAX_NOTES, MAX_SECTIONS, MAX_VALUE } from "./bounds.ts";
import { editMapping } from "./edit.ts";
import { preview } from "./preview.ts";
import type {
  CoverageInput,
  CoverageOutput,
  ConvertOutput,
  ExpressionInput,
  ExpressionOutput,
  MappingTask,
  MappingTasks,
  ShownFaults,
  ValidateInput,
  ValidateOutput,
} from "./tasks.ts";

type Performers = { [Task in MappingTask]: (input: MappingTasks[Task]["takes"]) => MappingTasks[Task]["gives"] };

const PERFORMERS: Performers = { validate, preview, coverage, convert, edit: editMapping, expression };

export function perform<Task extends MappingTask>(
  task: Task,
  input: MappingTasks[Task]["takes"],
): MappingTasks[Task]["gives"] {
  return PERFORMERS[task](input);
}

const shown = (faults: readonly MappingFault[]): ShownFaults => ({
  faults: faults.slice(0, MAX_FAULTS),
  fault_count: faults.length,
});

function validate({ mapping, vendor, pipeline }: ValidateInput): ValidateOutput {
  const { version, faults, warnings, pipelineParameters } = checkMapping(mapping, {
    ...(vendor && { vendor }),
    ...(pipeline && {
      secretParameters: pipeline.secret,
      pipelineParameters: [...Object.keys(pipeline.open), ...pipeline.secret],
    }),
  });
  return {
    valid: faults.length === 0,
    version,
    ...shown(faults),
    warnings: warnings.slice(0, MAX_FAULTS),
    pipeline_parameters: pipelineParameters,
  };
}

function coverage({ mapping, schema }: CoverageInput): CoverageOutput {
  const { version, faults } = checkMapping(mapping);
  const sections = mappingCoverage(mapping, schema).slice(0, MAX_SECTIONS);
  return { valid: faults.length === 0, version, ...shown(faults), sections };
}

function convert({ mapping }: MappingTasks["convert"]["takes"]): ConvertOutput {
  const made = convertToV2(mapping);
  if ("faults" in made) return { mapping: null, text: null, notes: [], ...shown(made.faults) };
  return { mapping: made.document, text: made.text, notes: made.report.slice(0, MAX_NOTES), ...shown([]) };
}

function expression({ expression: text, trial }: ExpressionInput): ExpressionOutput {
  const made = compileExpression(text);
  if ("faults" in made) return { valid: false, faults: [...made.faults], result: null };
  if (trial === undefined) return { valid: true, faults: [], result: null };
  const { event, now, anonymousId, messageId } = trial;
  const tried = triedEvent(event, { now, ids: { uuidV4: () => anonymousId, uuidV7: () => messageId } });
  if ("fault" in tried) return { refused: tried.fault };
  const value = made.expression.value(tried.event);
  const holds = made.expression.test(tried.event);
  const isShown = value !== undefined && value !== null && sizeOf(value, MAX_VALUE) !== null;
  return { valid: true, faults: [], result: { holds, ...(isShown && { value }) } };
}
