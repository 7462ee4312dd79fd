// The process itself, under the names that all Prometheus clients use.

import { counter, gauge, type MetricFamily } from './metric-family.ts';

export const processFamilies: readonly MetricFamily[] = [
  counter(
    'process_cpu_seconds_total',
    'CPU time of all threads, user and system.',
    ({ process }) => process.cpuSeconds,
  ),
  gauge(
    'process_resident_memory_bytes',
    'Resident memory, with the pages of files that are mapped.',
    ({ process }) => process.residentBytes,
  ),
  gauge(
    'process_start_time_seconds',
    'When the process started, since the Unix epoch.',
    ({ process }) => process.startTimeSeconds,
  ),
  gauge(
    'process_open_fds',
    'Open file descriptors. Absent before Linux 6.2.',
    ({ process }) => process.openFiles,
  ),
  gauge(
    'process_max_fds',
    'File descriptors that the process may open.',
    ({ process }) => process.openFilesMax,
  ),
];
