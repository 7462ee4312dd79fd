// Where logs are sent: the one gRPC method and the one HTTP path that are benched.

export const grpcLogsPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
export const httpLogsPath = '/v1/logs';
