package io.headrace.function.lambda;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import io.headrace.function.LambdaCall;
import io.headrace.function.LambdaHandler;
import org.jspecify.annotations.Nullable;

/** What a handler may ask during one call. Immutable; any thread may ask. */
final class CallContext implements Context {
  private static final String VERSION = "$LATEST";
  private static final int MEBIBYTE_BITS = 20;

  private final LambdaHandler handler;
  private final LambdaCall call;
  private final LambdaLogger logger;

  CallContext(LambdaHandler handler, LambdaCall call) {
    this.handler = handler;
    this.call = call;
    this.logger = new Slf4jLogger(call.function());
  }

  @Override
  public String getAwsRequestId() {
    return call.requestId();
  }

  @Override
  public String getLogGroupName() {
    return "/aws/lambda/" + call.function();
  }

  @Override
  public String getLogStreamName() {
    return call.shard().shard().value();
  }

  @Override
  public String getFunctionName() {
    return call.function();
  }

  @Override
  public String getFunctionVersion() {
    return VERSION;
  }

  @Override
  public String getInvokedFunctionArn() {
    return "arn:aws:lambda:"
        + EventJson.region(handler)
        + ":000000000000:function:"
        + call.function();
  }

  /** There is no caller. */
  @Override
  public @Nullable CognitoIdentity getIdentity() {
    return null;
  }

  /** There is no client. */
  @Override
  public @Nullable ClientContext getClientContext() {
    return null;
  }

  @Override
  public int getRemainingTimeInMillis() {
    return (int) Math.min(call.remaining().get().toMillis(), Integer.MAX_VALUE);
  }

  /** What the whole process may take. */
  @Override
  public int getMemoryLimitInMB() {
    return (int) Math.min(Runtime.getRuntime().maxMemory() >> MEBIBYTE_BITS, Integer.MAX_VALUE);
  }

  @Override
  public LambdaLogger getLogger() {
    return logger;
  }
}
