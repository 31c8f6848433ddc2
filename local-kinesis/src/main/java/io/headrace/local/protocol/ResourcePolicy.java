package io.headrace.local.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the policy of a stream or consumer says about a caller of another account. A key stands for
 * its whole account here, so a principal counts by its account, and since nothing is known that
 * conditions ask for, a condition never lets anybody in and never lets off. Immutable.
 */
final class ResourcePolicy {
  /** What it comes to. */
  enum Decision {
    ALLOWED,
    NOT_ALLOWED,
    DENIED
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern ACCOUNT = Pattern.compile("\\d{12}");
  private static final Pattern PRINCIPAL = Pattern.compile("arn:aws[^:]*:(iam|sts)::(\\d{12}):.*");

  private final List<JsonNode> statements;

  private ResourcePolicy(List<JsonNode> statements) {
    this.statements = statements;
  }

  /** A text that is no policy allows nothing. */
  static ResourcePolicy parse(String text) {
    try {
      return new ResourcePolicy(each(JSON.readTree(text).path("Statement")));
    } catch (JsonProcessingException e) {
      return new ResourcePolicy(List.of());
    }
  }

  /**
   * Whether the account may do this; what denies goes before what allows.
   *
   * @param action such as {@code PutRecord}
   */
  Decision decide(String account, String action, String resourceArn) {
    Decision decision = Decision.NOT_ALLOWED;
    for (JsonNode statement : statements) {
      boolean fits =
          isAbout(statement.path("Principal"), account)
              && isAction(statement, "kinesis:" + action)
              && isResource(statement.path("Resource"), resourceArn);
      if (!fits) {
        continue;
      }
      if (statement.path("Effect").asText().equals("Deny")) {
        return Decision.DENIED;
      }
      if (statement.path("Effect").asText().equals("Allow") && !statement.has("Condition")) {
        decision = Decision.ALLOWED;
      }
    }
    return decision;
  }

  private static boolean isAbout(JsonNode principal, String account) {
    if (principal.isTextual()) {
      return principal.asText().equals("*");
    }
    return texts(principal.path("AWS")).stream().anyMatch(name -> isAccount(name, account));
  }

  private static boolean isAccount(String name, String account) {
    if (name.equals("*") || ACCOUNT.matcher(name).matches()) {
      return name.equals("*") || name.equals(account);
    }
    var arn = PRINCIPAL.matcher(name);
    return arn.matches() && arn.group(2).equals(account);
  }

  private static boolean isAction(JsonNode statement, String action) {
    String wanted = action.toLowerCase(Locale.ROOT);
    if (statement.has("NotAction")) {
      return texts(statement.path("NotAction")).stream()
          .noneMatch(pattern -> fits(pattern.toLowerCase(Locale.ROOT), wanted));
    }
    return texts(statement.path("Action")).stream()
        .anyMatch(pattern -> fits(pattern.toLowerCase(Locale.ROOT), wanted));
  }

  private static boolean isResource(JsonNode resource, String arn) {
    return resource.isMissingNode()
        || texts(resource).stream().anyMatch(pattern -> fits(pattern, arn));
  }

  /** Whether a text fits a pattern with {@code *} for any characters and {@code ?} for one. */
  static boolean fits(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int taken = 0;
    // Greedy, and back to the last star where that fails: linear for one star, never exponential.
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        taken = t;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == text.charAt(t))) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++taken;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  private static List<String> texts(JsonNode node) {
    return each(node).stream().filter(JsonNode::isTextual).map(JsonNode::asText).toList();
  }

  // One thing may stand for a list of one.
  private static List<JsonNode> each(JsonNode node) {
    List<JsonNode> nodes = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(nodes::add);
    } else if (!node.isMissingNode()) {
      nodes.add(node);
    }
    return nodes;
  }
}
