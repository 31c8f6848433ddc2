package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import org.jspecify.annotations.Nullable;

/**
 * What a request is about, as far as its fields say: the caller or the owner of the ARN that it
 * gives, and the stream, shard and consumer that it names, each null when it names none.
 */
record Subject(
    Caller owner, @Nullable String stream, @Nullable String shard, @Nullable String consumer) {
  private static final String[] ARN_FIELDS = {"StreamARN", "ConsumerARN", "ResourceARN"};

  static Subject of(Caller caller, Fields input) {
    Caller owner = caller;
    String stream = text(input, "StreamName");
    String shard = text(input, "ShardId");
    String consumer = text(input, "ConsumerName");
    for (String field : ARN_FIELDS) {
      // arn:aws:kinesis:region:account:stream/name, and for a consumer /consumer/name:time.
      String[] parts = parts(text(input, field));
      if (parts.length > 5 && parts[5].startsWith("stream/")) {
        owner = new Caller(parts[4], parts[3]);
        String[] path = parts[5].split("/", -1);
        stream = path[1];
        consumer = path.length > 3 ? path[3] : consumer;
      }
    }
    String iterator = text(input, "ShardIterator");
    if (iterator != null) {
      Engine.Place place = Engine.placeOf(iterator);
      stream = place.stream();
      shard = place.shard();
    }
    return new Subject(owner, stream, shard, consumer);
  }

  private static String[] parts(@Nullable String arn) {
    return arn == null ? new String[0] : arn.split(":", -1);
  }

  static @Nullable String text(Fields input, String name) {
    int index = input.structure().indexOf(name);
    return index >= 0 && input.at(index) instanceof String text ? text : null;
  }
}
