package io.headrace.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What the functions of an application are, as their workers have said it. Calls never block, may
 * come from any thread, and stages complete on any thread; they fail with {@link
 * io.headrace.kcl.CheckpointException}. A call that failed may have been carried out, and may be
 * made again.
 */
public interface FunctionRegister {
  /**
   * All functions that ever began, as they are now; none where there is no store yet. What can't be
   * read is left out.
   */
  CompletionStage<List<FunctionItem>> all();

  /**
   * Says what a function is, unless that was said before.
   *
   * @return what is stored by now, be it this or another shape
   */
  CompletionStage<FunctionItem> describe(String function, Map<String, String> shape);

  /**
   * Says anew what a function is.
   *
   * @param seen the shape that is replaced; not empty
   * @return false when another shape is stored
   */
  CompletionStage<Boolean> redescribe(
      String function, Map<String, String> seen, Map<String, String> shape);

  /** Says who takes over from a function; harmless where nothing is stored of it. */
  CompletionStage<Void> succeed(String function, String successor);
}
