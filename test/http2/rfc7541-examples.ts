// The examples of RFC 7541 Appendix C that are header blocks: for each connection its blocks in
// order, what they say, and the dynamic table after each, newest first.

type Pairs = [name: string, value: string][];

export interface Step {
  readonly block: string;
  readonly fields: Pairs;
  readonly table: Pairs;
  readonly tableSizeBytes: number;
}

const get: Pairs = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
];
const authority: Pairs = [[':authority', 'www.example.com']];
const noCache: Pairs = [['cache-control', 'no-cache']];
const custom: Pairs = [['custom-key', 'custom-value']];
const requests: Omit<Step, 'block'>[] = [
  { fields: [...get, ...authority], table: authority, tableSizeBytes: 57 },
  {
    fields: [...get, ...authority, ...noCache],
    table: [...noCache, ...authority],
    tableSizeBytes: 110,
  },
  {
    fields: [
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', '/index.html'],
      ...authority,
      ...custom,
    ],
    table: [...custom, ...noCache, ...authority],
    tableSizeBytes: 164,
  },
];

const status302: Pairs = [[':status', '302']];
const status307: Pairs = [[':status', '307']];
const cachePrivate: Pairs = [['cache-control', 'private']];
const date21: Pairs = [['date', 'Mon, 21 Oct 2013 20:13:21 GMT']];
const date22: Pairs = [['date', 'Mon, 21 Oct 2013 20:13:22 GMT']];
const location: Pairs = [['location', 'https://www.example.com']];
const gzip: Pairs = [['content-encoding', 'gzip']];
const cookie: Pairs = [['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']];
const responses: Omit<Step, 'block'>[] = [
  {
    fields: [...status302, ...cachePrivate, ...date21, ...location],
    table: [...location, ...date21, ...cachePrivate, ...status302],
    tableSizeBytes: 222,
  },
  {
    fields: [...status307, ...cachePrivate, ...date21, ...location],
    table: [...status307, ...location, ...date21, ...cachePrivate],
    tableSizeBytes: 222,
  },
  {
    fields: [[':status', '200'], ...cachePrivate, ...date22, ...location, ...gzip, ...cookie],
    table: [...cookie, ...gzip, ...date22],
    tableSizeBytes: 215,
  },
];

function withBlocks(steps: readonly Omit<Step, 'block'>[], blocks: readonly string[]): Step[] {
  return steps.map((step, n) => ({ ...step, block: blocks[n]! })); // three of each
}

export const examples: Record<string, { tableSizeBytesMax: number; steps: readonly Step[] }> = {
  'C.2.1': {
    tableSizeBytesMax: 4_096,
    steps: [
      {
        block: '400a637573746f6d2d6b65790d637573746f6d2d686561646572',
        fields: [['custom-key', 'custom-header']],
        table: [['custom-key', 'custom-header']],
        tableSizeBytes: 55,
      },
    ],
  },
  'C.2.2': {
    tableSizeBytesMax: 4_096,
    steps: [
      {
        block: '040c2f73616d706c652f70617468',
        fields: [[':path', '/sample/path']],
        table: [],
        tableSizeBytes: 0,
      },
    ],
  },
  'C.2.3': {
    tableSizeBytesMax: 4_096,
    steps: [
      {
        block: '100870617373776f726406736563726574',
        fields: [['password', 'secret']],
        table: [],
        tableSizeBytes: 0,
      },
    ],
  },
  'C.2.4': {
    tableSizeBytesMax: 4_096,
    steps: [{ block: '82', fields: [[':method', 'GET']], table: [], tableSizeBytes: 0 }],
  },
  'C.3': {
    tableSizeBytesMax: 4_096,
    steps: withBlocks(requests, [
      '828684410f7777772e6578616d706c652e636f6d',
      '828684be58086e6f2d6361636865',
      '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
    ]),
  },
  'C.4': {
    tableSizeBytesMax: 4_096,
    steps: withBlocks(requests, [
      '828684418cf1e3c2e5f23a6ba0ab90f4ff',
      '828684be5886a8eb10649cbf',
      '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
    ]),
  },
  'C.5': {
    tableSizeBytesMax: 256,
    steps: withBlocks(responses, [
      `4803333032580770726976617465611d4d6f6e2c203231204f63742032303133
       2032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d70
       6c652e636f6d`,
      '4803333037c1c0bf',
      `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d
       54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f5049
       5541585157454f49553b206d61782d6167653d333630303b2076657273696f6e
       3d31`,
    ]),
  },
  'C.6': {
    tableSizeBytesMax: 256,
    steps: withBlocks(responses, [
      `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a6
       2d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
      '4883640effc1c0bf',
      `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab
       77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f
       9587316065c003ed4ee5b1063d5007`,
    ]),
  },
};
