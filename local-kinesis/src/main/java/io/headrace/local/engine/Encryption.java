package io.headrace.local.engine;

import io.headrace.local.engine.RecentChanges.Counted;
import java.util.regex.Pattern;

/**
 * Turning the encryption of a stream's records on and off: what may be asked for. Nothing is really
 * encrypted, and every key that could be one is taken. Pure.
 */
final class Encryption {
  private static final String KMS = "KMS";
  // A key's id, plain or of several regions, an alias, or the ARN of either.
  private static final Pattern KEY =
      Pattern.compile(
          "(arn:aws[^:]*:kms:[^:]*:\\d{12}:)?(key/)?"
              + "(mrk-[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"
              + "|(arn:aws[^:]*:kms:[^:]*:\\d{12}:)?alias/[a-zA-Z0-9/_-]+");
  private static final int KEY_CHARS_MAX = 2048;

  private Encryption() {}

  static Plan start(StreamState state, String type, String keyId, long nowMillis) {
    requireValid(type, keyId);
    state.requireActive();
    RecentChanges recent =
        state
            .recent()
            .with(Counted.ENCRYPTION_START, "StartStreamEncryption", state.key(), nowMillis);
    return Plan.update(state, state.options().withKeyId(keyId), recent);
  }

  static Plan stop(StreamState state, String type, String keyId, long nowMillis) {
    requireValid(type, keyId);
    state.requireActive();
    RecentChanges recent =
        state
            .recent()
            .with(Counted.ENCRYPTION_STOP, "StopStreamEncryption", state.key(), nowMillis);
    return Plan.update(state, state.options().withKeyId(null), recent);
  }

  private static void requireValid(String type, String keyId) {
    if (!type.equals(KMS)) {
      throw KinesisError.invalidArgument(
          "EncryptionType "
              + type
              + " cannot be started or stopped; the only one that can is KMS.");
    }
    if (keyId.length() > KEY_CHARS_MAX || !KEY.matcher(keyId).matches()) {
      throw KinesisError.invalidArgument(
          "KeyId "
              + keyId
              + " is not the id of a key, an alias beginning with alias/, or the ARN of either.");
    }
  }
}
