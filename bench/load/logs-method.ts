// The one gRPC method that is benched.

export const logsPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
