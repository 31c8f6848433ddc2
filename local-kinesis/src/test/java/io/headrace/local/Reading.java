package io.headrace.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads a stream of one shard over JSON by hand, from its start. */
final class Reading {
  private final URI endpoint;

  Reading(URI endpoint) {
    this.endpoint = endpoint;
  }

  List<String> texts(String stream) {
    String iterator =
        Wires.json(
                endpoint,
                "GetShardIterator",
                "{\"StreamName\":\""
                    + stream
                    + "\",\"ShardId\":\"shardId-000000000000\","
                    + "\"ShardIteratorType\":\"TRIM_HORIZON\"}")
            .body()
            .get("ShardIterator")
            .asText();
    List<String> texts = new ArrayList<>();
    JsonNode body =
        Wires.json(endpoint, "GetRecords", "{\"ShardIterator\":\"" + iterator + "\"}").body();
    for (JsonNode record : body.get("Records")) {
      byte[] data = Base64.getDecoder().decode(record.get("Data").asText());
      texts.add(new String(data, StandardCharsets.UTF_8));
    }
    return texts;
  }
}
