package io.headrace.local.protocol;

import static io.headrace.local.protocol.ResourcePolicy.Decision.ALLOWED;
import static io.headrace.local.protocol.ResourcePolicy.Decision.DENIED;
import static io.headrace.local.protocol.ResourcePolicy.Decision.NOT_ALLOWED;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.local.protocol.ResourcePolicy.Decision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What policies of streams allow to callers of other accounts. */
class ResourcePolicyTest {
  private static final String GUEST = "444455556666";
  private static final String ARN = "arn:aws:kinesis:us-east-1:111122223333:stream/orders";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'*'",
        "{'AWS':'*'}",
        "{'AWS':'444455556666'}",
        "{'AWS':['777788889999','arn:aws:iam::444455556666:root']}",
        "{'AWS':'arn:aws:iam::444455556666:role/reader'}",
        "{'AWS':'arn:aws:sts::444455556666:assumed-role/reader/me'}",
      })
  void a_principal_of_the_account_is_let_in(String principal) {
    assertThat(decide(statement("Allow", principal, "'kinesis:PutRecord'"))).isEqualTo(ALLOWED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'AWS':'777788889999'}",
        "{'AWS':'arn:aws:iam::777788889999:root'}",
        "{'Service':'lambda.amazonaws.com'}",
        "{'AWS':[]}",
        "'444455556666'",
        "7",
      })
  void any_other_principal_is_not(String principal) {
    assertThat(decide(statement("Allow", principal, "'kinesis:PutRecord'"))).isEqualTo(NOT_ALLOWED);
  }

  @Test
  void actions_are_names_or_patterns_in_any_case() {
    for (String action :
        new String[] {"'*'", "'kinesis:*'", "'Kinesis:putrecord'", "'kinesis:Put*'"}) {
      assertThat(decide(statement("Allow", "'*'", action))).as(action).isEqualTo(ALLOWED);
    }
    for (String action : new String[] {"'kinesis:PutRecords'", "'s3:*'", "'kinesis:Get*'"}) {
      assertThat(decide(statement("Allow", "'*'", action))).as(action).isEqualTo(NOT_ALLOWED);
    }
  }

  @Test
  void what_denies_goes_before_what_allows_and_a_condition_never_lets_in() {
    String allow = statement("Allow", "'*'", "'*'");
    assertThat(decide(allow + "," + statement("Deny", "'*'", "'kinesis:PutRecord'")))
        .isEqualTo(DENIED);
    assertThat(decide(allow + "," + statement("Deny", "'*'", "'kinesis:GetRecords'")))
        .isEqualTo(ALLOWED);
    assertThat(
            decide(
                "{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'Bool':{'a':'b'}}}"))
        .isEqualTo(NOT_ALLOWED);
  }

  @Test
  void a_resource_must_be_this_one_where_one_is_named() {
    assertThat(decide(resource("arn:aws:kinesis:us-east-1:111122223333:stream/*")))
        .isEqualTo(ALLOWED);
    assertThat(decide(resource("arn:aws:kinesis:us-east-1:111122223333:stream/other")))
        .isEqualTo(NOT_ALLOWED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "7", "{\"Statement\":7}", "{\"Statement\":[null,[]]}"})
  void what_is_no_policy_allows_nothing(String text) {
    assertThat(ResourcePolicy.parse(text).decide(GUEST, "PutRecord", ARN)).isEqualTo(NOT_ALLOWED);
  }

  @ParameterizedTest
  @CsvSource({
    "a*c, abbc, true",
    "a*c, ac, true",
    "a*c, ab, false",
    "a?c, abc, true",
    "a?c, ac, false",
    "*, '', true",
    "**b*, aab, true",
    "a*b*c, axbxbxc, true",
    "'', a, false",
  })
  void patterns_fit(String pattern, String text, boolean fits) {
    assertThat(ResourcePolicy.fits(pattern, text)).isEqualTo(fits);
  }

  @Test
  void a_pattern_of_many_stars_is_no_trap() {
    assertThat(ResourcePolicy.fits("*a".repeat(500) + "b", "a".repeat(5_000))).isFalse();
  }

  private static String statement(String effect, String principal, String action) {
    return "{'Effect':'%s','Principal':%s,'Action':%s}".formatted(effect, principal, action);
  }

  private static String resource(String pattern) {
    return "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'" + pattern + "'}";
  }

  private static Decision decide(String statements) {
    String text = "{'Version':'2012-10-17','Statement':[" + statements + "]}";
    return ResourcePolicy.parse(text.replace('\'', '"')).decide(GUEST, "PutRecord", ARN);
  }
}
