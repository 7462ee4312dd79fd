// The procedures that the page calls, with what goes there and what comes back, as JSON. Types of
// the wire are generated from proto/, so that a field that is renamed there does not compile here.

import type {
  GetCallerRequestJson,
  GetCallerResponseJson,
} from '../generated/gophership/control/v1/caller_pb.js';
import type {
  ClearOverrideRequestJson,
  ClearOverrideResponseJson,
  ExplainRequestJson,
  ExplainResponseJson,
  GetConfigRequestJson,
  GetConfigResponseJson,
  GetLedgerRequestJson,
  GetLedgerResponseJson,
  GetStatusRequestJson,
  GetStatusResponseJson,
  ListEventsRequestJson,
  ListEventsResponseJson,
  SetOverrideRequestJson,
  SetOverrideResponseJson,
  WatchStatusRequestJson,
  WatchStatusResponseJson,
} from '../generated/gophership/control/v1/control_pb.js';
import type {
  GetHistoryRequestJson,
  GetHistoryResponseJson,
} from '../generated/gophership/control/v1/history_pb.js';
import type {
  PurgeDeadLettersRequestJson,
  PurgeDeadLettersResponseJson,
  RedriveDeadLettersRequestJson,
  RedriveDeadLettersResponseJson,
} from '../generated/gophership/control/v1/letters_pb.js';
import type {
  EstimateReplayRequestJson,
  EstimateReplayResponseJson,
  GetReplayRequestJson,
  GetReplayResponseJson,
  PauseReplayRequestJson,
  PauseReplayResponseJson,
  ResumeReplayRequestJson,
  ResumeReplayResponseJson,
  StartReplayRequestJson,
  StartReplayResponseJson,
} from '../generated/gophership/control/v1/replay_pb.js';
import type { TapRequestJson, TapResponseJson } from '../generated/gophership/control/v1/tap_pb.js';
import type {
  GetDeadLetterRequestJson,
  GetDeadLetterResponseJson,
  ListDeadLettersRequestJson,
  ListDeadLettersResponseJson,
  ListSegmentsRequestJson,
  ListSegmentsResponseJson,
} from '../generated/gophership/control/v1/vault_pb.js';

/** Of a procedure: [request, answer]. */
export interface Calls {
  'ControlService/GetStatus': [GetStatusRequestJson, GetStatusResponseJson];
  'ControlService/Explain': [ExplainRequestJson, ExplainResponseJson];
  'ControlService/ListEvents': [ListEventsRequestJson, ListEventsResponseJson];
  'ControlService/SetOverride': [SetOverrideRequestJson, SetOverrideResponseJson];
  'ControlService/ClearOverride': [ClearOverrideRequestJson, ClearOverrideResponseJson];
  'ControlService/GetLedger': [GetLedgerRequestJson, GetLedgerResponseJson];
  'ControlService/GetConfig': [GetConfigRequestJson, GetConfigResponseJson];
  'CallerService/GetCaller': [GetCallerRequestJson, GetCallerResponseJson];
  'ReplayService/GetReplay': [GetReplayRequestJson, GetReplayResponseJson];
  'ReplayService/StartReplay': [StartReplayRequestJson, StartReplayResponseJson];
  'ReplayService/PauseReplay': [PauseReplayRequestJson, PauseReplayResponseJson];
  'ReplayService/ResumeReplay': [ResumeReplayRequestJson, ResumeReplayResponseJson];
  'VaultService/ListSegments': [ListSegmentsRequestJson, ListSegmentsResponseJson];
  'VaultService/ListDeadLetters': [ListDeadLettersRequestJson, ListDeadLettersResponseJson];
  'VaultService/GetDeadLetter': [GetDeadLetterRequestJson, GetDeadLetterResponseJson];
  'HistoryService/GetHistory': [GetHistoryRequestJson, GetHistoryResponseJson];
}

/** Of a procedure that answers with a stream: [request, message]. */
export interface Streams {
  'ControlService/WatchStatus': [WatchStatusRequestJson, WatchStatusResponseJson];
  'ReplayService/EstimateReplay': [EstimateReplayRequestJson, EstimateReplayResponseJson];
  'DeadLetterService/RedriveDeadLetters': [
    RedriveDeadLettersRequestJson,
    RedriveDeadLettersResponseJson,
  ];
  'DeadLetterService/PurgeDeadLetters': [PurgeDeadLettersRequestJson, PurgeDeadLettersResponseJson];
  'TapService/Tap': [TapRequestJson, TapResponseJson];
}

export type Call = keyof Calls;
export type Stream = keyof Streams;
