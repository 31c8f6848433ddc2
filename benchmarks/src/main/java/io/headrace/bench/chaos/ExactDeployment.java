package io.headrace.bench.chaos;

import com.fasterxml.jackson.databind.PropertyNamingStrategy;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AnnotatedField;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.AnnotatedMethod;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.headrace.function.Destination;
import io.headrace.function.json.Json;
import io.headrace.samples.Deployment;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A deployment of a sample's function: its outputs go to a stream, each with its id, and the states
 * of the second version have other names for all their fields, so that the first can't read them.
 *
 * @param outputs the stream
 * @param version 1 or 2
 * @param goesBack whether the second version can write what the first one reads
 */
record ExactDeployment(String outputs, int version, boolean goesBack) implements Deployment {
  /** What the names of fields begin with in the second version. */
  static final String PREFIX = "v2_";

  @Override
  public <O> Destination<O> outputs(Class<O> type, Function<? super O, String> key) {
    return Destination.stream(outputs, Json.of(type), key).envelope(Destination.Envelope.KPL_TAGS);
  }

  @Override
  public <S> Json<S> state(Class<S> type) {
    if (version == 1) {
      return Json.of(type);
    }
    var mapper =
        JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .addModule(new Jdk8Module())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .propertyNamingStrategy(new Prefixed(type))
            .build();
    var second = Json.of(type, mapper).version(2).upgrading(1, renamed(name -> PREFIX + name));
    return goesBack
        ? second.downgrading(2, renamed(name -> name.substring(PREFIX.length())))
        : second;
  }

  private static UnaryOperator<ObjectNode> renamed(UnaryOperator<String> names) {
    return state -> {
      ObjectNode renamed = state.objectNode();
      state
          .properties()
          .forEach(field -> renamed.set(names.apply(field.getKey()), field.getValue()));
      return renamed;
    };
  }

  /** The fields of one type alone: what lies in them stays as it is. */
  private static final class Prefixed extends PropertyNamingStrategy {
    private static final long serialVersionUID = 1;
    private final Class<?> type;

    Prefixed(Class<?> type) {
      this.type = type;
    }

    @Override
    public String nameForGetterMethod(
        MapperConfig<?> config, AnnotatedMethod method, String defaultName) {
      return name(method, defaultName);
    }

    @Override
    public String nameForField(MapperConfig<?> config, AnnotatedField field, String defaultName) {
      return name(field, defaultName);
    }

    @Override
    public String nameForConstructorParameter(
        MapperConfig<?> config, AnnotatedParameter parameter, String defaultName) {
      return name(parameter, defaultName);
    }

    private String name(AnnotatedMember member, String name) {
      return member.getDeclaringClass() == type ? PREFIX + name : name;
    }
  }
}
