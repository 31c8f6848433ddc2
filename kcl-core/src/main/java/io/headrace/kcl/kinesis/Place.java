package io.headrace.kcl.kinesis;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;

/**
 * Where a stream is, in words for error messages.
 *
 * @param where region or endpoint, as far as the client tells
 */
record Place(String stream, String where) {
  static Place of(String stream, KinesisAsyncClient client) {
    var configuration = client.serviceClientConfiguration();
    Region region = configuration.region();
    String endpoint = configuration.endpointOverride().map(Place::host).orElse(null);
    return new Place(stream, where(region == null ? null : region.id(), endpoint));
  }

  private static String where(@Nullable String region, @Nullable String endpoint) {
    if (endpoint == null) {
      return region == null ? "an unknown region" : "region " + region;
    }
    return "endpoint " + endpoint + (region == null ? "" : " (region " + region + ")");
  }

  private static String host(URI endpoint) {
    return endpoint.getPort() < 0
        ? endpoint.getHost()
        : endpoint.getHost() + ":" + endpoint.getPort();
  }

  @Override
  public String toString() {
    return "stream \"" + stream + "\" at " + where;
  }
}
