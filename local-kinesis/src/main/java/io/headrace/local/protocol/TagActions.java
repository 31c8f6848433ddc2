package io.headrace.local.protocol;

import static io.headrace.local.protocol.CommonFields.STREAM_ARN;
import static io.headrace.local.protocol.CommonFields.STREAM_ID;
import static io.headrace.local.protocol.CommonFields.STREAM_NAME;

import io.headrace.local.engine.Caller;
import io.headrace.local.engine.Engine;
import io.headrace.local.engine.Resource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/** The actions on tags: declarations, and the step from fields to the engine. */
final class TagActions {
  private static final int LISTED_MAX = 50;
  private static final int KEY_CHARS_MAX = 128;

  /** Tags that may be given along with something else. */
  static final Field<Map<String, String>> TAGS =
      Field.textMap("Tags")
          .length(1, 200)
          .with(Constraint.keysLength(1, KEY_CHARS_MAX))
          .with(Constraint.valuesLength(0, 256));

  private static final Field<Map<String, String>> TAGS_TO_ADD = TAGS.required();
  private static final Field<List<String>> TAG_KEYS =
      Field.texts("TagKeys")
          .required()
          .length(1, 50)
          .with(Constraint.membersLength(1, KEY_CHARS_MAX));
  private static final Field<Integer> LIMIT = Field.whole("Limit").range(1, LISTED_MAX);
  private static final Field<String> START_KEY =
      Field.text("ExclusiveStartTagKey").length(1, KEY_CHARS_MAX);

  /** One page of tags. */
  private record Page(List<Map.Entry<String, String>> tags, boolean hasMore) {}

  private static final Output<Map.Entry<String, String>> TAG_OUT =
      new Output<Map.Entry<String, String>>()
          .text("Key", Map.Entry::getKey)
          .text("Value", Map.Entry::getValue);

  private TagActions() {}

  static List<Action<?>> all() {
    return List.of(
        Action.silent(
            "AddTagsToStream",
            Structure.of(TAGS_TO_ADD, STREAM_NAME, STREAM_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.addTags(stream(caller, input), input.require(TAGS_TO_ADD))),
        Action.silent(
            "RemoveTagsFromStream",
            Structure.of(TAG_KEYS, STREAM_NAME, STREAM_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.removeTags(stream(caller, input), input.require(TAG_KEYS))),
        new Action<>(
            "ListTagsForStream",
            Structure.of(LIMIT, START_KEY, STREAM_NAME, STREAM_ARN, STREAM_ID),
            new Output<Page>().list("Tags", Page::tags, TAG_OUT).flag("HasMoreTags", Page::hasMore),
            TagActions::list),
        Action.silent(
            "TagResource",
            Structure.of(TAGS_TO_ADD, CommonFields.RESOURCE_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.addTags(CommonFields.resource(input), input.require(TAGS_TO_ADD))),
        Action.silent(
            "UntagResource",
            Structure.of(TAG_KEYS, CommonFields.RESOURCE_ARN, STREAM_ID),
            (engine, caller, input) ->
                engine.removeTags(CommonFields.resource(input), input.require(TAG_KEYS))),
        new Action<>(
            "ListTagsForResource",
            Structure.of(CommonFields.RESOURCE_ARN, STREAM_ID),
            new Output<SortedMap<String, String>>()
                .list("Tags", tags -> List.copyOf(tags.entrySet()), TAG_OUT),
            (engine, caller, input) -> engine.tags(CommonFields.resource(input))));
  }

  private static Resource stream(Caller caller, Fields input) {
    return new Resource.OfStream(CommonFields.stream(caller, input));
  }

  private static Page list(Engine engine, Caller caller, Fields input) {
    int max = input.get(LIMIT, LISTED_MAX);
    String after = input.get(START_KEY, "");
    List<Map.Entry<String, String>> rest =
        engine.tags(stream(caller, input)).entrySet().stream()
            .filter(tag -> tag.getKey().compareTo(after) > 0)
            .toList();
    return new Page(rest.stream().limit(max).toList(), rest.size() > max);
  }
}
