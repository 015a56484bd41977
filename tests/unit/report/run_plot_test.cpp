#include "report/run_plot.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "base/error.hpp"
#include "report/svg.hpp"

using namespace trainyard;
using namespace trainyard::report;
using training::Series;
using training::SeriesPoint;

namespace {

Series series(const std::string& name, const std::vector<SeriesPoint>& points) {
  return {name, points};
}

RunSeries run(const std::string& key, const std::string& target,
              const std::map<std::string, std::string>& parameters, std::vector<Series> all) {
  RunRow row;
  row.key = key + std::string(20, '0');
  row.target = target;
  row.parameters = parameters;
  return {row, std::move(all)};
}

struct Fixture {
  std::vector<std::string> warnings;
  std::vector<Series> usual{
      series("acc", {{.value = 0.5, .epoch = 1}, {.value = 0.75, .epoch = 2}}),
      series("final", {{.value = 3}}),
      series("loss", {{.value = 2, .epoch = 1, .step = 10, .time = 1.7e9},
                      {.value = 1, .epoch = 2, .step = 20, .time = 1.7e9 + 600}})};

  Plot plot(const std::vector<RunSeries>& runs, const PlotChoice& choice = {}) {
    return plot_of(runs, choice, [this](const std::string& text) { warnings.push_back(text); });
  }
  std::string refused(const std::vector<RunSeries>& runs, const PlotChoice& choice) {
    try {
      plot(runs, choice);
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ExitCode::usage));
      return error.render();
    }
    return "";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(run_plot, Fixture)

BOOST_AUTO_TEST_CASE(a_panel_for_each_series_of_several_points) {
  const Plot made = plot({run("a", "train", {{"rate", "1"}}, usual)});
  BOOST_TEST(made.panels.size() == 2U);
  BOOST_TEST(made.panels.at(0).title == "acc");
  BOOST_TEST(made.title == "train");
  BOOST_TEST(made.x_label == "epoch");
  BOOST_TEST((made.panels.at(1).curves.at(0).points ==
              std::vector<std::pair<double, double>>{{1, 2}, {2, 1}}));
  BOOST_TEST(warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_legend_says_what_differs) {
  const RunSeries a = run("a", "train", {{"rate", "1"}, {"seed", "7"}}, usual);
  const RunSeries b = run("b", "train", {{"rate", "2"}, {"seed", "7"}}, usual);
  const RunSeries c = run("c", "other", {{"seed", "7"}}, usual);
  BOOST_TEST((plot({a, b}).legend == std::vector<std::string>{"rate=1", "rate=2"}));
  BOOST_TEST((plot({a, b, c}).legend ==
              std::vector<std::string>{"train  rate=1", "train  rate=2", "other"}));
  BOOST_TEST(plot({a, c}).title == "other, train");
  // Points of a sweep: their names say what the parameters say.
  const RunSeries low = run("e", "tune/rate=1", {{"rate", "1"}}, usual);
  const RunSeries high = run("f", "tune/rate=2", {{"rate", "2"}}, usual);
  BOOST_TEST((plot({low, high}).legend == std::vector<std::string>{"rate=1", "rate=2"}));
  BOOST_TEST(plot({low, high}).title == "tune");
  BOOST_TEST(plot({low}).title == "tune/rate=1");
  const RunSeries again = run("d", "train", {{"rate", "1"}, {"seed", "7"}}, usual);
  BOOST_TEST((plot({a, again}).legend ==
              std::vector<std::string>{"train  a00000000000", "train  d00000000000"}));
}

BOOST_AUTO_TEST_CASE(along_what_all_know_or_what_is_asked_for) {
  const std::vector<RunSeries> runs{run("a", "train", {}, usual)};
  BOOST_TEST(plot(runs, {.metrics = {"loss"}, .along = Along::step}).x_label == "step");
  const Plot timed = plot(runs, {.metrics = {"loss"}, .along = Along::time});
  BOOST_TEST(timed.x_label == "time (min)");
  BOOST_TEST(timed.panels.at(0).curves.at(0).points.at(1).first == 10);
  BOOST_TEST(plot(runs, {.along = Along::step}).panels.size() == 1U);
  BOOST_TEST(warnings.size() == 1U);
  BOOST_TEST(warnings.at(0).find("\"acc\" of train") == 0U);
  const RunSeries steps =
      run("b", "train", {}, {series("loss", {{.value = 2, .step = 1}, {.value = 1, .step = 2}})});
  BOOST_TEST(plot({runs[0], steps}, {.metrics = {"loss"}}).x_label == "step");
  const RunSeries rows = run("c", "train", {}, {series("loss", {{.value = 2}, {.value = 1}})});
  const Plot counted = plot({runs[0], rows}, {.metrics = {"loss"}});
  BOOST_TEST(counted.x_label == "measurement");
  BOOST_TEST(counted.panels.at(0).curves.at(1).points.at(1).first == 2);
}

BOOST_AUTO_TEST_CASE(together_each_curve_is_told_apart) {
  const Plot one = plot({run("a", "t", {}, usual)}, {.together = true});
  BOOST_TEST(one.panels.size() == 1U);
  BOOST_TEST((one.legend == std::vector<std::string>{"acc", "loss"}));
  BOOST_TEST(one.panels.at(0).curves.at(1).look == 1U);
  const Plot two = plot({run("a", "t", {{"r", "1"}}, usual), run("b", "t", {{"r", "2"}}, usual)},
                        {.together = true});
  BOOST_TEST(two.legend.at(3) == "loss  r=2");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_drawn_is_said) {
  const std::vector<RunSeries> runs{run("a", "train", {}, usual)};
  BOOST_TEST(refused(runs, {.metrics = {"los"}}).find("did you mean \"loss\"?") !=
             std::string::npos);
  BOOST_TEST(refused(runs, {.metrics = {"acc"}, .along = Along::time}).find("--x epoch") !=
             std::string::npos);
  BOOST_TEST(refused({run("a", "train", {}, {usual[1]})}, {}).find("PLOTS") != std::string::npos);
  std::vector<Series> many;
  for (int i = 0; i < 15; ++i) many.push_back(series("m" + std::to_string(i), usual[0].points));
  BOOST_TEST(plot({run("a", "train", {}, many)}).panels.size() == 12U);
  BOOST_TEST(warnings.back().find("3 of 15 series are left out") == 0U);
}

BOOST_AUTO_TEST_CASE(json_has_the_numbers_as_they_were_written) {
  const Json json = series_json({run("a", "train", {{"rate", "1"}}, usual)}, {"loss"});
  BOOST_TEST(json.at(0).at("target") == "train");
  BOOST_TEST(json.at(0).at("series").size() == 1U);
  const Json& loss = json.at(0).at("series").at(0);
  BOOST_TEST((loss.at("value") == Json{2.0, 1.0}));
  BOOST_TEST((loss.at("time") == Json{1.7e9, 1.7e9 + 600}));
}

BOOST_AUTO_TEST_CASE(equal_plots_are_equal_bytes_and_texts_are_escaped) {
  Plot made = plot({run("a", "t<&>\"", {}, usual)}, {.title = "\xff\x1b[2J <b>&\xef\xbf\xbf"});
  const std::string svg = render_svg(made);
  BOOST_TEST(svg == render_svg(made));
  BOOST_TEST(svg.find("<b>") == std::string::npos);
  BOOST_TEST(svg.find("&lt;b&gt;&amp;") != std::string::npos);
  for (const char* refused : {"\xff", "\x1b", "\xef\xbf\xbf"})
    BOOST_TEST(svg.find(refused) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(curves_have_gaps_where_nothing_can_be_drawn) {
  Plot made;
  made.panels.push_back({"loss", {{0, {{1, 2}, {2, 3}, {3, std::nan("")}, {4, 1}}}}});
  const std::string svg = render_svg(made);
  BOOST_TEST(svg.find("stroke-width") != std::string::npos);
  BOOST_TEST(svg.find("r=\"3.5\"") != std::string::npos);  // what stands alone is a dot
  BOOST_TEST(svg.find("nan") == std::string::npos);
  made.y_scale = Scale::logarithmic;
  made.panels[0].curves[0].points = {{1, 0}, {2, -1}};
  BOOST_TEST(render_svg(made).find("stroke-width") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_million_points_are_a_small_picture) {
  Plot made;
  Curve curve;
  for (int i = 0; i < 1'000'000; ++i) curve.points.emplace_back(i, std::sin(i / 1000.0));
  made.panels.push_back({"wave", {curve}});
  BOOST_TEST(render_svg(made).size() < 60'000U);
}

BOOST_AUTO_TEST_SUITE_END()
