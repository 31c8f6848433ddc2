package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.RESOURCE_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The actions on resource policies: declarations, and the step from fields to the engine. What a
 * policy says counts where callers are known ({@link Access}).
 */
final class PolicyActions {
  // What the service allows for a policy of a resource.
  private static final int POLICY_BYTES_MAX = 20 * 1024;
  // What the service answers where no policy is.
  private static final String NO_POLICY = "{}";

  private static final Field<String> POLICY = Field.text("Policy").required();

  private PolicyActions() {}

  static List<Action<?>> all() {
    return List.of(
        Action.silent(
            "PutResourcePolicy", Structure.of(RESOURCE_ARN, POLICY, STREAM_ID), PolicyActions::put),
        new Action<>(
            "GetResourcePolicy",
            Structure.of(RESOURCE_ARN, STREAM_ID),
            new Output<String>().text("Policy", policy -> policy),
            PolicyActions::get),
        Action.silent(
            "DeleteResourcePolicy",
            Structure.of(RESOURCE_ARN, STREAM_ID),
            (engine, caller, input) -> engine.deletePolicy(CommonFields.resource(input))));
  }

  private static void put(Engine engine, Caller caller, Fields input) {
    String policy = input.require(POLICY);
    byte[] bytes = policy.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > POLICY_BYTES_MAX) {
      throw KinesisError.invalidArgument(
          "Policy has %d bytes, and at most %d are allowed."
              .formatted(bytes.length, POLICY_BYTES_MAX));
    }
    try {
      BodyReader.requireWellFormed(Wire.JSON, bytes);
    } catch (KinesisError notJson) {
      throw KinesisError.invalidArgument("Policy is not an object in JSON.");
    }
    engine.putPolicy(CommonFields.resource(input), policy);
  }

  private static String get(Engine engine, Caller caller, Fields input) {
    String policy = engine.policy(CommonFields.resource(input));
    return policy == null ? NO_POLICY : policy;
  }
}
