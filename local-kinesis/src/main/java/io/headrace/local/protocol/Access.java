package io.headrace.local.protocol;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.KinesisError;
import io.headrace.local.engine.Resource;
import io.headrace.local.protocol.ResourcePolicy.Decision;
import org.jspecify.annotations.Nullable;

/**
 * Who may use what of another account, where it is known for certain who calls: what the resource's
 * policy allows. Within an account everything is allowed.
 */
final class Access {
  private static final String[] ARN_FIELDS = {"ConsumerARN", "ResourceARN", "StreamARN"};

  private Access() {}

  /** Throws the service's refusal when the request names what the caller may not use. */
  static void require(Engine engine, String action, Caller caller, Fields input) {
    for (String field : ARN_FIELDS) {
      String arn = Subject.text(input, field);
      if (arn != null) {
        require(engine, action, caller, Resource.ofArn(arn));
        return;
      }
    }
  }

  private static void require(Engine engine, String action, Caller caller, Resource resource) {
    if (account(resource).equals(caller.account())) {
      return;
    }
    String policy = policy(engine, resource);
    Decision decision =
        policy == null
            ? Decision.NOT_ALLOWED
            : ResourcePolicy.parse(policy).decide(caller.account(), action, resource.arnText());
    if (decision == Decision.ALLOWED) {
      return;
    }
    throw KinesisError.of(
        "AccessDeniedException",
        "User: arn:aws:iam::%s:root is not authorized to perform: kinesis:%s on resource: %s %s"
            .formatted(
                caller.account(),
                action,
                resource.arnText(),
                decision == Decision.DENIED
                    ? "with an explicit deny in a resource-based policy"
                    : "because no resource-based policy allows the kinesis:" + action + " action"));
  }

  // A stranger is told the same whether the resource is there or not.
  private static @Nullable String policy(Engine engine, Resource resource) {
    try {
      return engine.policy(resource);
    } catch (KinesisError notThere) {
      return null;
    }
  }

  private static String account(Resource resource) {
    return resource instanceof Resource.OfConsumer consumer
        ? consumer.arn().stream().account()
        : ((Resource.OfStream) resource).key().account();
  }
}
