// The way of a stream from its creation to its deletion, with the AWS SDK for JavaScript as it
// comes: every record is written once, read back and pushed in the order of its shard, byte for
// byte, through a split and a merge. Where to and as whom is in the environment.
import assert from "node:assert/strict";
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  RegisterStreamConsumerCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  SplitShardCommand,
  SubscribeToShardCommand,
  waitUntilStreamExists,
  waitUntilStreamNotExists,
} from "@aws-sdk/client-kinesis";

const BATCH = 500;
const PAGES_MAX = 1000;
const stream = "from-javascript";
const began = Date.now();
const client = new KinesisClient({});
const sent = [];

const send = (command) => client.send(command);
const key = (number) => (number % 10 === 0 ? `clé-鍵-${number}` : `key-${number}`);

/** Every length from no byte to a few hundred, every byte. */
function data(number) {
  const bytes = new Uint8Array(number % 400);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (number * 31 + i * 7) & 0xff;
  return bytes;
}

const exists = () => waitUntilStreamExists({ client, maxWaitTime: 30 }, { StreamName: stream });

async function openShards() {
  const { Shards } = await send(new ListShardsCommand({ StreamName: stream }));
  const start = (shard) => BigInt(shard.HashKeyRange.StartingHashKey);
  return Shards.filter((shard) => !shard.SequenceNumberRange.EndingSequenceNumber).sort((a, b) =>
    start(a) < start(b) ? -1 : 1,
  );
}

async function put(records) {
  for (const end = sent.length + records; sent.length < end; ) {
    const from = sent.length;
    const numbers = Array.from({ length: Math.min(BATCH, end - from) }, (_, i) => from + i);
    const answer = await send(
      new PutRecordsCommand({
        StreamName: stream,
        Records: numbers.map((number) => ({ PartitionKey: key(number), Data: data(number) })),
      }),
    );
    assert.equal(answer.FailedRecordCount, 0);
    assert.equal(answer.Records.length, numbers.length);
    for (const [i, result] of answer.Records.entries()) sent.push({ number: from + i, ...result });
  }
}

async function putOneWithItsOwnHashKey() {
  const last = (await openShards()).at(-1);
  const number = sent.length;
  const answer = await send(
    new PutRecordCommand({
      StreamName: stream,
      PartitionKey: key(number),
      ExplicitHashKey: last.HashKeyRange.EndingHashKey,
      Data: data(number),
    }),
  );
  assert.equal(answer.ShardId, last.ShardId);
  sent.push({ number, ShardId: answer.ShardId, SequenceNumber: answer.SequenceNumber });
}

/** All records from the oldest on: to the tip of an open shard, to the end of a closed one. */
async function read(shardId) {
  const iterator = { StreamName: stream, ShardId: shardId, ShardIteratorType: "TRIM_HORIZON" };
  let { ShardIterator } = await send(new GetShardIteratorCommand(iterator));
  const records = [];
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await send(new GetRecordsCommand({ ShardIterator, Limit: 100 }));
    records.push(...answer.Records);
    ShardIterator = answer.NextShardIterator;
    const children = answer.ChildShards ?? [];
    assert.equal(children.length > 0, !ShardIterator, "children come with the last page only");
    if (!ShardIterator) return { records, children };
    if (answer.Records.length === 0 && answer.MillisBehindLatest === 0) return { records };
  }
  assert.fail(`${shardId} does not end in ${PAGES_MAX} pages`);
}

function assertSent(shardId, records) {
  const expected = sent.filter((record) => record.ShardId === shardId);
  assert.deepEqual(
    records.map((record) => record.SequenceNumber),
    expected.map((record) => record.SequenceNumber),
    shardId,
  );
  records.forEach((record, i) => {
    const { number } = expected[i];
    assert.equal(record.PartitionKey, key(number));
    assert.deepEqual(new Uint8Array(record.Data), data(number), `record ${number}`);
    const age = record.ApproximateArrivalTimestamp.getTime() - began;
    assert.ok(age > -2000 && age < 120_000, `record ${number} arrived ${age} ms after the start`);
  });
}

/** What is pushed, from a consumer's registration on; children are followed once all parents end. */
class Followed {
  pushed = new Map();
  ended = new Set();
  failure = new Promise((_, reject) => (this.fail = reject));

  async register(streamArn) {
    const consumer = { StreamARN: streamArn, ConsumerName: "judge" };
    this.arn = (await send(new RegisterStreamConsumerCommand(consumer))).Consumer.ConsumerARN;
    const described = () => send(new DescribeStreamConsumerCommand({ ConsumerARN: this.arn }));
    while ((await described()).ConsumerDescription.ConsumerStatus !== "ACTIVE") await pause();
  }

  follow(shardId) {
    if (this.pushed.has(shardId)) return;
    this.pushed.set(shardId, []);
    this.read(shardId).catch(this.fail);
  }

  async read(shardId) {
    const { EventStream } = await send(
      new SubscribeToShardCommand({
        ConsumerARN: this.arn,
        ShardId: shardId,
        StartingPosition: { Type: "TRIM_HORIZON" },
      }),
    );
    for await (const { SubscribeToShardEvent: event } of EventStream) {
      assert.ok(event, "an event that is none");
      this.pushed.get(shardId).push(...event.Records);
      const children = event.ChildShards ?? [];
      assert.equal(children.length > 0, !event.ContinuationSequenceNumber, "children at the end");
      if (children.length > 0) this.ended.add(shardId);
      for (const { ShardId, ParentShards } of children) {
        if (ParentShards.every((parent) => this.ended.has(parent))) this.follow(ShardId);
      }
    }
    assert.ok(this.ended.has(shardId), `the subscription to the open shard ${shardId} ended`);
  }

  async everything() {
    const count = () => [...this.pushed.values()].reduce((sum, records) => sum + records.length, 0);
    while (count() < sent.length) await pause();
    for (const [shardId, records] of this.pushed) assertSent(shardId, records);
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));

await send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 }));
await exists();
assert.ok((await send(new ListStreamsCommand({}))).StreamNames.includes(stream));
const summary = await send(new DescribeStreamSummaryCommand({ StreamName: stream }));
assert.equal(summary.StreamDescriptionSummary.StreamStatus, "ACTIVE");
assert.equal(summary.StreamDescriptionSummary.OpenShardCount, 2);
const age = summary.StreamDescriptionSummary.StreamCreationTimestamp.getTime() - began;
assert.ok(Math.abs(age) < 10_000, `the stream was created ${age} ms after the start`);
await assert.rejects(
  send(new CreateStreamCommand({ StreamName: stream, ShardCount: 2 })),
  (refused) => refused instanceof ResourceInUseException && refused.message.includes(stream),
);

const followed = new Followed();
await followed.register(summary.StreamDescriptionSummary.StreamARN);
for (const shard of await openShards()) followed.follow(shard.ShardId);

await put(2 * BATCH);
await putOneWithItsOwnHashKey();

const [first] = await openShards();
const { StartingHashKey: low, EndingHashKey: high } = first.HashKeyRange;
await send(
  new SplitShardCommand({
    StreamName: stream,
    ShardToSplit: first.ShardId,
    NewStartingHashKey: String((BigInt(low) + BigInt(high)) / 2n),
  }),
);
await exists();
await put(BATCH);
const split = await read(first.ShardId);
assertSent(first.ShardId, split.records);
assert.equal(split.children.length, 2);
for (const child of split.children) assert.deepEqual(child.ParentShards, [first.ShardId]);

const open = await openShards();
const merged = [open[1].ShardId, open[2].ShardId];
await send(
  new MergeShardsCommand({
    StreamName: stream,
    ShardToMerge: merged[0],
    AdjacentShardToMerge: merged[1],
  }),
);
await exists();
await put(BATCH);
for (const shardId of merged) {
  const end = await read(shardId);
  assertSent(shardId, end.records);
  assert.equal(end.children.length, 1);
  assert.deepEqual(end.children[0].ParentShards.toSorted(), merged.toSorted());
}
for (const shard of await openShards()) {
  assertSent(shard.ShardId, (await read(shard.ShardId)).records);
}
await Promise.race([followed.everything(), followed.failure]);
assert.equal(followed.pushed.size, 5);
assert.equal(followed.ended.size, 3);
followed.fail = () => {};
console.log(`${sent.length} records were pushed`);

await send(new DeleteStreamCommand({ StreamName: stream, EnforceConsumerDeletion: true }));
await waitUntilStreamNotExists({ client, maxWaitTime: 30 }, { StreamName: stream });
assert.ok(!(await send(new ListStreamsCommand({}))).StreamNames.includes(stream));
await assert.rejects(
  send(new ListShardsCommand({ StreamName: stream })),
  (refused) => refused instanceof ResourceNotFoundException && refused.message.includes(stream),
);
client.destroy();
console.log(`${sent.length} records were written and read back`);
