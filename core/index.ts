/** The public face of the pure rules. */
export * from "./json.ts";
export * from "./bloom-filter.ts";
export { fnv1a } from "./fnv1a.ts";
export * from "./event/event.ts";
export * from "./event/envelope.ts";
export * from "./event/event-time.ts";
export * from "./event/intake.ts";
export * from "./event/origin.ts";
export * from "./event/rate-bucket.ts";
export * from "./event/visitor.ts";
export * from "./delivery/delivery.ts";
export * from "./delivery/outcome.ts";
export * from "./delivery/reasons.ts";
export * from "./delivery/dead-letter-state.ts";
export * from "./delivery/dead-letter-id.ts";
export * from "./delivery/delivery-age.ts";
export * from "./delivery/delivery-key.ts";
export * from "./delivery/retry.ts";
export * from "./delivery/circuit.ts";
export * from "./delivery/send-window.ts";
export * from "./delivery/commit-pace.ts";
export * from "./delivery/consent-gate.ts";
export * from "./delivery/required-consent.ts";
export * from "./topics.ts";
export * from "./errors.ts";
export * from "./config/snapshot.ts";
export * from "./connector/contract.ts";
export { installedBlueprint } from "./connector/installed-blueprint.ts";
export * from "./connector/user-agent.ts";
export { type ConnectorDefinition, defineConnector, type SettingsContext } from "./connector/define.ts";
export type { TypedSettings } from "./connector/typed-settings.ts";
export { compileDeliverySpec, type SpecOptions } from "./delivery-spec/compile-delivery-spec.ts";
export { type AwsCredentials, signAws } from "./delivery-spec/aws-signature.ts";
export { type DeliverySpec, DeliverySpecSchema } from "./delivery-spec/spec-schema.ts";
export { publishedDeliverySpecSchema } from "./delivery-spec/published-schema.ts";
export type { AuthSpec } from "./delivery-spec/auth-schema.ts";
export type { ResponsesSpec, TestSpec } from "./delivery-spec/responses-schema.ts";
export type { Refusal, SpecHooks } from "./delivery-spec/spec-hooks.ts";
export { retryAfterOf } from "./delivery-spec/retry-after.ts";
export { isHeaderName, isSendersHeader } from "./delivery-spec/header-names.ts";
export { gzipped } from "./delivery-spec/gzip.ts";
export { refusedKind } from "./connector/refused-address.ts";
export * from "./mapping/contract.ts";
export { compileMapping, type MappingCompilation, type MappingOptions } from "./mapping/compile.ts";
export { mappingSchema } from "./mapping/document.ts";
export { mappingCoverage, previewMapping, type MappingPreview, type PreviewOptions } from "./mapping/preview.ts";
export type { Coverage, MappingCoverage, SectionCoverage } from "./mapping/coverage.ts";
export {
  fieldsFor,
  type PayloadFault,
  payloadFaults,
  type VendorField,
  type VendorFieldType,
  type VendorSchema,
} from "./mapping/vendor-schema.ts";
export {
  openMappingDocument,
  type Edited,
  type MappingDocument,
  type RowList,
  type RowView,
  type SectionOption,
  type SectionView,
} from "./mapping/edit/mapping-document.ts";
export { printMapping } from "./mapping/edit/print-mapping.ts";
export { publishedMappingSchema } from "./mapping/published-schema.ts";
export { stepMappingSchema } from "./mapping/v1/document.ts";
export { convertToV2, type Conversion } from "./mapping/v1/convert-to-v2.ts";
export type { ConversionNote } from "./mapping/v1/draft.ts";
export { listTransforms, type TransformDescription } from "./mapping/transforms/table.ts";
export { compileExpression, type CompiledExpression } from "./expression/expression.ts";
export {
  canonicalEventName,
  catalogueEntries,
  catalogueEntry,
  type CatalogueEntry,
  catalogueEvents,
  type CatalogueProperty,
  itemKeys,
  keysOf,
  type PropertyNeed,
} from "./event/catalogue.ts";
export { ITEM_FIELDS } from "./event/catalogue-shared.ts";
export type { CatalogueEvent, PropertyDefinition, PropertyForm, Vertical } from "./event/catalogue-table.ts";
export { eventSchema } from "./event/catalogue-schema.ts";
export { type SourceField, type SourceFieldOptions, sourceFields } from "./event/source-fields.ts";
export { triedEvent, type TriedFacts } from "./event/tried-event.ts";
export { type CatalogueMatch, searchCatalogue, type SearchOptions } from "./event/catalogue-search.ts";
export { sampleEvent, type SampleFacts } from "./event/sample-event.ts";
export { nearest } from "./mapping/suggest.ts";
export * from "./clock.ts";
export * from "./logger.ts";
export * from "./event/open-envelope.ts";
export * from "./event/consent.ts";
export * from "./event/identity.ts";
export * from "./delivery/delivery-text.ts";
export { triedDelivery } from "./delivery/tried-delivery.ts";
export * from "./delivery/rejected-event.ts";
export * from "./delivery/trace.ts";
export * from "./data-layer/step.ts";
export {
  type CompiledDataLayer,
  compileDataLayer,
  type DataLayerConfig,
  DataLayerSection,
  type OrganisationConfig,
  OrganisationSection,
} from "./data-layer/data-layer.ts";
export { isStripped } from "./data-layer/consent/strip.ts";
export { openLocations, type Locate } from "./data-layer/geo/geo.ts";
export { openDataLayer } from "./config/resolve-data-layer.ts";
export {
  createKeyring,
  KeyringError,
  SealedSecretError,
  type Keyring,
  type SealFailure,
  type SecretAddress,
} from "./secrets/sealing.ts";
export { parseEncryptionKey } from "./secrets/encryption-key.ts";
export { redact, secretSpellings } from "./secrets/redact.ts";
export { derivedId, madeId, slugOf } from "./config/ids.ts";
export { expandVariables } from "./config/expand-variables.ts";
export { readYaml, type SourceNode } from "./config/yaml-source.ts";
export { signalSchema } from "./config/published-schema.ts";
export { readSignalDocument, readSignalFile, type ReadResult } from "./config/read-signal-file.ts";
export type { ReadOptions } from "./config/read-context.ts";
export { TELLTALE_NAME } from "./config/warn-clear-secrets.ts";
export { type ConfigFault, faultSentences } from "./config/fault.ts";
export { type BuiltInDemo, builtInFile } from "./config/built-in-file.ts";
export type { SignalFile } from "./config/signal-file.ts";
export { applyFile, type ApplyResult } from "./config/apply-file.ts";
export type { ApplyFault, ApplyFaultKind, ApplyOptions, Waiting } from "./config/apply-draft.ts";
export { snapshotOf } from "./config/snapshot-of.ts";
export { fileDocument, type DocumentForm, type SecretPlace } from "./config/file-document.ts";
export { keptSecrets } from "./config/kept-secrets.ts";
export {
  exportedSecrets,
  exportFile,
  type ExportedSecret,
  type ExportedFile,
  SECRET_VARIABLE,
} from "./config/export-file.ts";
export { canonicalJson, asJson } from "./config/canonical-json.ts";
export { type ConfigSeal, contentHash, UNREADABLE } from "./config/content-seal.ts";
export * from "./config/configuration-state.ts";
export { openParameters } from "./config/open-parameters.ts";
export { fillParameters, parameterReferences } from "./config/pipeline-parameters.ts";
export { checkMapping, type MappingCheck, type MappingCheckOptions } from "./config/check-mapping.ts";
