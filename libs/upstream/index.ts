export { AddressGuard, addressKind, systemResolve, type AddressKind, type Resolve } from './src/address-guard.js';
export { upstreamSettingsSchema, type UpstreamSettings, type UpstreamSettingsInput } from './src/settings.js';
export type { Priority } from './src/slots.js';
export { Upstream, type UpstreamContext, type UpstreamRequest } from './src/upstream.js';
export type { UpstreamResponse } from './src/upstream-answer.js';
export { isUpstreamFailure, UpstreamFailure, type UpstreamFailureReason } from './src/upstream-failure.js';
export type { UpstreamHealth, UpstreamState } from './src/upstream-state.js';
