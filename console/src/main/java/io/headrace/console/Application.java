package io.headrace.console;

import com.google.inject.CreationException;
import com.google.inject.Guice;
import com.google.inject.Injector;
import com.google.inject.Key;
import com.google.inject.Module;
import com.google.inject.ProvisionException;
import com.google.inject.TypeLiteral;
import io.headrace.function.CallObserver;
import io.headrace.function.FunctionSpec;
import io.headrace.function.guice.HeadraceModule;
import io.headrace.function.settings.Settings;
import io.headrace.function.settings.Settings.NamedClass;
import io.headrace.function.settings.Settings.NamedFunction;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The user's classes of an {@code app.yaml}: loads them, and asks them for their functions. What a
 * class's {@code spec(…)} takes as arguments comes from the modules that the file names.
 */
final class Application implements AutoCloseable {
  private final URLClassLoader loader;
  private final HandlerFunctions handlers;
  private final List<FunctionSpec<?, ?>> functions;
  private final Optional<CallObserver> observer;

  private Application(
      URLClassLoader loader,
      HandlerFunctions handlers,
      List<FunctionSpec<?, ?>> functions,
      Optional<CallObserver> observer) {
    this.loader = loader;
    this.handlers = handlers;
    this.functions = functions;
    this.observer = observer;
  }

  static Application load(Settings settings) {
    var urls = settings.classpath().stream().map(Application::url).toArray(URL[]::new);
    var loader = new URLClassLoader(urls, Application.class.getClassLoader());
    var handlers = new HandlerFunctions(loader, settings.aws().region());
    try {
      var injector = injector(settings, loader);
      return new Application(
          loader,
          handlers,
          functions(settings, loader, handlers, injector),
          injector.getInstance(Key.get(new TypeLiteral<Optional<CallObserver>>() {})));
    } catch (RuntimeException | Error refused) {
      handlers.close();
      close(loader);
      throw refused;
    }
  }

  /** Who looks at calls of functions, where a module binds one. */
  Optional<CallObserver> observer() {
    return observer;
  }

  /** In the order of the file: its classes, its handlers, then what its modules bind. */
  List<FunctionSpec<?, ?>> functions() {
    return functions;
  }

  @Override
  public void close() {
    handlers.close();
    close(loader);
  }

  private static List<FunctionSpec<?, ?>> functions(
      Settings settings, ClassLoader loader, HandlerFunctions handlers, Injector injector) {
    var byName = new LinkedHashMap<String, FunctionSpec<?, ?>>();
    for (var named : settings.functions()) {
      var spec = configured(named, loader, spec(named.type(), loader, injector));
      if (byName.put(spec.name(), spec) != null) {
        throw new Complaint(
            named.place() + ": a second function is named " + spec.name() + "; names are unique");
      }
    }
    for (var lambda : settings.lambdas()) {
      if (byName.put(lambda.name(), handlers.spec(lambda)) != null) {
        throw new Complaint(
            lambda.place()
                + ": a second function is named "
                + lambda.name()
                + "; names are unique");
      }
    }
    for (var spec : injector.getInstance(Key.get(new TypeLiteral<Set<FunctionSpec<?, ?>>>() {}))) {
      if (byName.put(spec.name(), spec) != null) {
        throw new Complaint("a module binds a second function named " + spec.name());
      }
    }
    if (byName.isEmpty()) {
      throw new Complaint(
          "the modules bind no function; call HeadraceModule.function(binder()) in one of them");
    }
    return List.copyOf(byName.values());
  }

  private static Injector injector(Settings settings, ClassLoader loader) {
    var modules = new ArrayList<Module>();
    modules.add(new HeadraceModule(settings.application()));
    for (var named : settings.modules()) {
      try {
        var constructor = load(named, loader).getDeclaredConstructor();
        constructor.setAccessible(true);
        if (!(constructor.newInstance() instanceof Module module)) {
          throw new Complaint(named.place() + ": " + named.name() + " is not a Guice module");
        }
        modules.add(module);
      } catch (ReflectiveOperationException unusable) {
        throw new Complaint(
            named.place()
                + ": "
                + named.name()
                + " can't be made; it needs a constructor without arguments"
                + because(unusable),
            unusable);
      }
    }
    try {
      return Guice.createInjector(modules);
    } catch (CreationException refused) {
      throw new Complaint(
          "the modules don't fit together: " + firstMessage(refused.getErrorMessages()), refused);
    }
  }

  /** As the file says beside the class. */
  private static FunctionSpec<?, ?> configured(
      NamedFunction named, ClassLoader loader, FunctionSpec<?, ?> spec) {
    try {
      return spec.with(named.options().lookedUpIn(loader));
    } catch (IllegalArgumentException wrong) {
      throw new Complaint(named.place() + ": " + wrong.getMessage(), wrong);
    }
  }

  private static FunctionSpec<?, ?> spec(NamedClass named, ClassLoader loader, Injector injector) {
    var method = specMethod(named, load(named, loader));
    try {
      method.setAccessible(true);
      var arguments =
          Arrays.stream(method.getGenericParameterTypes())
              .map(type -> (Object) injector.getInstance(Key.get(type)))
              .toArray();
      if (method.invoke(null, arguments) instanceof FunctionSpec<?, ?> spec) {
        return spec;
      }
      throw new Complaint(named.place() + ": spec() of " + named.name() + " answered null");
    } catch (InvocationTargetException | IllegalAccessException failed) {
      throw new Complaint(
          named.place() + ": spec() of " + named.name() + " failed" + because(failed), failed);
    } catch (ProvisionException | com.google.inject.ConfigurationException unbound) {
      throw new Complaint(
          named.place()
              + ": no module binds what spec(…) of "
              + named.name()
              + " takes: "
              + String.valueOf(unbound.getMessage()).lines().skip(2).findFirst().orElse("").strip(),
          unbound);
    }
  }

  private static Method specMethod(NamedClass named, Class<?> type) {
    var methods =
        Arrays.stream(type.getDeclaredMethods())
            .filter(m -> m.getName().equals("spec") && Modifier.isStatic(m.getModifiers()))
            .filter(m -> FunctionSpec.class.isAssignableFrom(m.getReturnType()))
            .toList();
    if (methods.size() != 1) {
      throw new Complaint(
          named.place()
              + ": "
              + named.name()
              + " has "
              + (methods.isEmpty() ? "no" : "more than one")
              + " static method spec() that returns a FunctionSpec; it needs exactly one");
    }
    return methods.get(0);
  }

  private static Class<?> load(NamedClass named, ClassLoader loader) {
    try {
      return Class.forName(named.name(), true, loader);
    } catch (ClassNotFoundException absent) {
      throw new Complaint(
          named.place()
              + ": there is no class "
              + named.name()
              + " on the classpath; add its jar under classpath",
          absent);
    } catch (LinkageError broken) {
      throw new Complaint(
          named.place() + ": the class " + named.name() + " can't be loaded" + because(broken),
          broken);
    }
  }

  private static String because(Throwable failure) {
    var cause = failure.getCause() == null ? failure : failure.getCause();
    return ": " + cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }

  private static String firstMessage(Iterable<com.google.inject.spi.Message> messages) {
    for (var message : messages) {
      return message.getMessage();
    }
    return "";
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException impossible) {
      throw new Complaint("classpath " + path + " is not a path", impossible);
    }
  }

  private static void close(URLClassLoader loader) {
    try {
      loader.close();
    } catch (IOException ignored) {
      // nothing was written, so nothing is lost
    }
  }
}
