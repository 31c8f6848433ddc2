package io.headrace.local.log;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Records could not be kept or found again. The message is a sentence to show to the server's user:
 * it names the place and says what to do.
 */
public final class LogFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LogFailure(String message) {
    super(message, null, false, false);
  }

  public LogFailure(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  static LogFailure writing(Path path, IOException cause) {
    String reason = reason(cause);
    if (isFull(reason)) {
      return new LogFailure(
          "The disk is full and "
              + path
              + " could not be written: free some space, and writing works again without a"
              + " restart.",
          cause);
    }
    if (cause instanceof AccessDeniedException || isReadOnly(reason)) {
      return new LogFailure(
          path
              + " may not be written: make it writable for this process, or choose another folder.",
          cause);
    }
    return new LogFailure(
        path + " could not be written (" + reason + "): check the disk and try again.", cause);
  }

  static LogFailure reading(Path path, IOException cause) {
    return new LogFailure(
        path
            + " could not be read ("
            + reason(cause)
            + "): check that the file is there and readable, and the disk sound.",
        cause);
  }

  static LogFailure damaged(Path file, long offset, String what) {
    return new LogFailure(
        "%s is damaged at byte %d (%s): put the file back from a copy, or stop the server and move the stream's folder %s away to go on without it."
            .formatted(file, offset, what, streamFolder(file)));
  }

  private static Path streamFolder(Path file) {
    // A segment lies in its shard's folder, the state of a stream in the stream's own.
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      return file;
    }
    Path above = folder.getParent();
    boolean isShard = String.valueOf(folder.getFileName()).startsWith(DiskStream.SHARD_PREFIX);
    return isShard && above != null ? above : folder;
  }

  private static boolean isFull(String reason) {
    String words = reason.toLowerCase(Locale.ROOT);
    return words.contains("no space left")
        || words.contains("not enough space")
        || words.contains("quota exceeded");
  }

  private static boolean isReadOnly(String reason) {
    return reason.toLowerCase(Locale.ROOT).contains("read-only file system");
  }

  private static String reason(IOException cause) {
    String message = cause.getMessage();
    return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
  }
}
