"""The way of a stream from its creation to its deletion, with boto3 as it comes: every record is
written once and read back in the order of its shard, byte for byte, through a split and a merge.
Arguments: the endpoint."""

import datetime
import sys

import boto3
import botocore.config

BATCH = 500
PAGES_MAX = 1000
STREAM = "from-python"

# Newer versions put the account before the host's name when a call has an ARN; 127.0.0.1 has no such hosts.
client = boto3.client(
    "kinesis",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
    config=botocore.config.Config(inject_host_prefix=False),
)
began = datetime.datetime.now(datetime.timezone.utc)
sent = []


def key(number):
    return f"clé-鍵-{number}" if number % 10 == 0 else f"key-{number}"


def data(number):
    """Every length from one byte to a few hundred, every byte."""
    return bytes((number * 31 + i * 7) & 0xFF for i in range(number % 400 + 1))


def active():
    client.get_waiter("stream_exists").wait(
        StreamName=STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )


def open_shards():
    shards = client.list_shards(StreamName=STREAM)["Shards"]
    still = [s for s in shards if "EndingSequenceNumber" not in s["SequenceNumberRange"]]
    return sorted(still, key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))


def put(records):
    end = len(sent) + records
    while len(sent) < end:
        numbers = range(len(sent), min(end, len(sent) + BATCH))
        answer = client.put_records(
            StreamName=STREAM,
            Records=[{"PartitionKey": key(n), "Data": data(n)} for n in numbers],
        )
        assert answer["FailedRecordCount"] == 0, answer
        assert len(answer["Records"]) == len(numbers)
        for number, result in zip(numbers, answer["Records"]):
            sent.append((number, result["ShardId"], result["SequenceNumber"]))


def put_one_with_its_own_hash_key():
    last = open_shards()[-1]
    number = len(sent)
    answer = client.put_record(
        StreamName=STREAM,
        PartitionKey=key(number),
        ExplicitHashKey=last["HashKeyRange"]["EndingHashKey"],
        Data=data(number),
    )
    assert answer["ShardId"] == last["ShardId"], answer
    sent.append((number, answer["ShardId"], answer["SequenceNumber"]))


def read(shard):
    """All records from the oldest on: to the tip of an open shard, to the end of a closed one."""
    iterator = client.get_shard_iterator(
        StreamName=STREAM, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = []
    for _ in range(PAGES_MAX):
        answer = client.get_records(ShardIterator=iterator, Limit=100)
        records += answer["Records"]
        iterator = answer.get("NextShardIterator")
        children = answer.get("ChildShards", [])
        assert bool(children) == (iterator is None), "children come with the last page only"
        if iterator is None:
            return records, children
        if not answer["Records"] and answer["MillisBehindLatest"] == 0:
            return records, []
    raise AssertionError(f"{shard} does not end in {PAGES_MAX} pages")


def assert_sent(shard, records):
    expected = [(number, seq) for number, its, seq in sent if its == shard]
    assert [r["SequenceNumber"] for r in records] == [seq for _, seq in expected], shard
    for record, (number, _) in zip(records, expected):
        assert record["PartitionKey"] == key(number), record
        assert record["Data"] == data(number), f"record {number}"
        age = (record["ApproximateArrivalTimestamp"] - began).total_seconds()
        assert -2 < age < 120, f"record {number} arrived {age} s after the start"


client.create_stream(StreamName=STREAM, ShardCount=2)
active()
assert STREAM in client.list_streams()["StreamNames"]
summary = client.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
assert summary["StreamStatus"] == "ACTIVE" and summary["OpenShardCount"] == 2, summary
assert abs((summary["StreamCreationTimestamp"] - began).total_seconds()) < 10, summary
try:
    client.create_stream(StreamName=STREAM, ShardCount=2)
    raise AssertionError("a second stream of the same name was created")
except client.exceptions.ResourceInUseException as refused:
    assert STREAM in str(refused), refused

put(2 * BATCH)
put_one_with_its_own_hash_key()

first = open_shards()[0]
low, high = (int(first["HashKeyRange"][k]) for k in ("StartingHashKey", "EndingHashKey"))
client.split_shard(
    StreamName=STREAM, ShardToSplit=first["ShardId"], NewStartingHashKey=str((low + high) // 2)
)
active()
put(BATCH)
records, children = read(first["ShardId"])
assert_sent(first["ShardId"], records)
assert len(children) == 2, children
assert all(child["ParentShards"] == [first["ShardId"]] for child in children), children

merged = [shard["ShardId"] for shard in open_shards()[1:3]]
client.merge_shards(StreamName=STREAM, ShardToMerge=merged[0], AdjacentShardToMerge=merged[1])
active()
put(BATCH)
for shard in merged:
    records, children = read(shard)
    assert_sent(shard, records)
    assert len(children) == 1 and sorted(children[0]["ParentShards"]) == sorted(merged), children
for shard in open_shards():
    assert_sent(shard["ShardId"], read(shard["ShardId"])[0])

client.delete_stream(StreamName=STREAM)
client.get_waiter("stream_not_exists").wait(
    StreamName=STREAM, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
)
assert STREAM not in client.list_streams()["StreamNames"]
try:
    client.list_shards(StreamName=STREAM)
    raise AssertionError("a deleted stream has shards")
except client.exceptions.ResourceNotFoundException as refused:
    assert STREAM in str(refused), refused
print(f"{len(sent)} records were written and read back")
