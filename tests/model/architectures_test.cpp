// Is every architecture the network that its documentation promises?
#include "model/architectures.hpp"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/errors.hpp"
#include "tests/model/formula_weights.hpp"

namespace propriod::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

nlohmann::json fixture() { return nlohmann::json::parse(std::ifstream(PROPRIOD_LOGITS_FIXTURE)); }

/// A key of the fixture: an architecture's name and the options that are on.
Manifest::Architecture architecture_of(const std::string& fixture_case) {
  return {.name = fixture_case.substr(0, fixture_case.find(' ')),
          .batch_norm = fixture_case.ends_with("batch_norm"),
          .separate_tasks = fixture_case.ends_with("separate_tasks")};
}

class LogitsOf : public testing::TestWithParam<std::string> {};

/// Same weights, same windows: does LibTorch here say what PyTorch says? Fixture: make_logits_fixture.py.
TEST_P(LogitsOf, EqualThoseOfPyTorch) {
  const auto theirs = fixture();
  const auto windows = theirs.at("windows").get<std::int64_t>();
  auto net = network(architecture_of(GetParam()));
  load_weights(*net, formula_weights(*net));
  net->eval();
  auto accel = scaled("accel", static_cast<std::size_t>(windows) * 300, 40);
  const torch::NoGradGuard no_grad;
  const auto logits = net->forward(torch::from_blob(accel.data(), {windows, 3, 100}));
  const auto compare = [&](const torch::Tensor& ours, const char* head) {
    const auto rows = theirs.at(GetParam()).at(head).get<std::vector<std::vector<double>>>();
    ASSERT_EQ(ours.size(0), windows);
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(windows));
    for (std::size_t n = 0; n < rows.size(); ++n) {
      for (std::size_t k = 0; k < rows[n].size(); ++k) {
        EXPECT_NEAR(ours[static_cast<std::int64_t>(n)][static_cast<std::int64_t>(k)].item<double>(), rows[n][k], 1e-5);
      }
    }
  };
  compare(logits.activity, "activity");
  compare(logits.placement, "placement");
}

INSTANTIATE_TEST_SUITE_P(All, LogitsOf,
                         testing::Values("mtl-net", "mtl-net batch_norm", "mtl-net separate_tasks", "mtl-net-published",
                                         "mtl-net-published batch_norm", "lstm", "bilstm", "gru", "gru separate_tasks",
                                         "anponet", "mtl-net-compact"),
                         [](const auto& tested) {
                           auto name = tested.param;
                           std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
                           return name;
                         });

TEST(Architectures, AreAllInTheFixtureOfLogits) {
  const auto theirs = fixture();
  for (const auto name : architectures()) EXPECT_TRUE(theirs.contains(std::string(name))) << name;
}

// ---------------------------------------------------------------------------------------------------------------------

struct Size {
  const char* name;
  std::int64_t parameters;
  std::int64_t flops;
  std::int64_t flops_computed;
};

TEST(Architectures, HaveTheSizesThatTheirDocumentationStates) {
  const std::vector<Size> sizes{
      {"mtl-net", 1'798'095, 5'114'112, 5'114'112},  // two more input channels of 32 kernels of 9
      {"mtl-net-published", 1'797'519, 5'008'128, 6'514'944}, {"lstm", 1'782'863, 326'194'944, 326'194'944},
      {"bilstm", 1'796'367, 322'557'184, 322'557'184},        {"gru", 1'795'863, 324'697'152, 324'697'152},
      {"anponet", 1'793'191, 91'274'800, 91'274'800},         {"mtl-net-compact", 197'039, 5'043'840, 5'043'840},
  };
  for (const auto& size : sizes) {
    SCOPED_TRACE(size.name);
    const auto net = network(size.name);
    EXPECT_EQ(net->parameter_count(), size.parameters);
    EXPECT_EQ(net->flops(), size.flops);
    EXPECT_EQ(net->flops_computed(), size.flops_computed);
  }
}

TEST(Architectures, CompactCostsAFifthOfTheParametersAndNoMoreOperationsThanMtlNet) {
  const auto made = [](const char* name) { return make_network({.name = name}, 100, 19, 5); };  // DSADS
  EXPECT_LE(made("mtl-net-compact")->parameter_count() * 5, made("mtl-net")->parameter_count());
  EXPECT_LE(made("mtl-net-compact")->flops_computed(), made("mtl-net")->flops());
}

TEST(Architectures, WorkOnTheSmallestWindowTheyAllowAndRefuseSmallerOnes) {
  for (const auto name : architectures()) {
    SCOPED_TRACE(name);
    const Manifest::Architecture architecture{.name = std::string(name)};
    int smallest = 1;
    for (bool refused = true; refused && smallest < 100; smallest += refused ? 1 : 0) {
      try {
        (void)make_network(architecture, smallest, 2, 2);
        refused = false;
      } catch (const BundleError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr(name), HasSubstr("needs windows of at least")));
      }
    }
    EXPECT_LE(smallest, 50);
    const auto net = make_network(architecture, smallest, 2, 2);
    net->eval();
    EXPECT_EQ(net->forward(torch::zeros({3, 3, smallest})).activity.size(0), 3);
  }
}

TEST(Architectures, AreNamedWhenAskedForAnother) {
  EXPECT_THAT([] { (void)network("mtl-nett"); },
              ThrowsMessage<BundleError>(AllOf(HasSubstr("mtl-net-published"), HasSubstr("anponet"))));
  EXPECT_THAT([] { (void)make_network({}, /*window=*/20, 2, 2); },
              ThrowsMessage<BundleError>(HasSubstr("at least 28")));
}

TEST(Architectures, WithoutConvolutionRefuseBatchNormalisation) {
  for (const std::string name : {"lstm", "bilstm", "gru"}) {
    EXPECT_THAT([&] { (void)network(Manifest::Architecture{.name = name, .batch_norm = true}); },
                ThrowsMessage<BundleError>(HasSubstr("architecture " + name + " has no convolution")));
  }
}

TEST(Architectures, HaveAHeadOnlyForTasksWithClasses) {
  for (const auto name : architectures()) {
    SCOPED_TRACE(name);
    const auto net = make_network({.name = std::string(name)}, 100, 4, 0);
    net->eval();
    const auto logits = net->forward(torch::randn({2, 3, 100}));
    EXPECT_EQ(logits.activity.sizes(), at::IntArrayRef({2, 4}));
    EXPECT_FALSE(logits.placement.defined());
    EXPECT_FALSE(net->named_parameters().contains("placement.weight"));
  }
}

TEST(Architectures, SayHowManyFeaturesTheyHave) {
  for (const auto name : architectures()) {
    const auto net = network(Manifest::Architecture{.name = std::string(name)});
    EXPECT_EQ(net->features(torch::randn({2, 3, 100})).sizes(), at::IntArrayRef({2, net->feature_count()})) << name;
  }
}

TEST(MtlNetPublished, IgnoresAllButTheFirstRowAsItsDocumentationSays) {
  auto net = network("mtl-net-published");
  net->eval();
  auto accel = torch::randn({1, 3, 100});
  const auto before = net->forward(accel).activity;
  accel.slice(/*dim=*/2, 34) += 100;  // rows two and three are the samples from index 33⅓ on
  EXPECT_TRUE(torch::equal(net->forward(accel).activity, before));
}

// ---------------------------------------------------------------------------------------------------------------------

/// MTL-net's features in the order of the paper: ReLU before max-pooling.
torch::Tensor features_relu_first(Network& net, const torch::Tensor& accel, bool published) {
  const auto tensors = net.named_parameters();
  auto x = published ? accel.transpose(1, 2).reshape({-1, 1, 3, 100}) : accel;
  for (const std::string number : {"1", "2"}) {
    const auto& weight = tensors["conv" + number + ".weight"];
    const auto& bias = tensors["conv" + number + ".bias"];
    x = published ? torch::conv2d(x, weight, bias) : torch::conv1d(x, weight, bias);
    if (tensors.contains("norm" + number + ".weight")) {
      x = torch::batch_norm(x, tensors["norm" + number + ".weight"], tensors["norm" + number + ".bias"], {}, {},
                            /*training=*/true, /*momentum=*/0.1, /*eps=*/1e-5, /*cudnn_enabled=*/false);
    }
    x = torch::relu(x);
    x = published ? torch::max_pool2d(x, {1, 2}, 2) : torch::max_pool1d(x, 2);
  }
  x = x.flatten(1);
  for (const std::string layer : {"fc1", "fc2"}) {
    x = torch::relu(torch::linear(x, tensors[layer + ".weight"], tensors[layer + ".bias"]));
  }
  return x;
}

TEST(MtlNet, HasTheValuesAndGradientsOfLibTorchsOwnLayers) {
  for (const auto& [name, batch_norm] :
       {std::pair{"mtl-net", false}, {"mtl-net", true}, {"mtl-net-published", false}, {"mtl-net-published", true}}) {
    SCOPED_TRACE(name);
    torch::manual_seed(7);
    const auto net = network(Manifest::Architecture{.name = name, .batch_norm = batch_norm});
    const auto accel = torch::randn({16, 3, 100}) * 10;
    const auto direction = torch::randn({16, 512});
    const auto gradients = [&](const torch::Tensor& features) {
      net->zero_grad();
      (features * direction).sum().backward();
      std::vector<torch::Tensor> kept;
      for (const auto& parameter : net->parameters()) {
        if (parameter.grad().defined()) kept.push_back(parameter.grad().clone());  // the heads have none here
      }
      return kept;
    };
    const auto ours = net->features(accel);
    const auto theirs = features_relu_first(*net, accel, std::string_view(name) == "mtl-net-published");
    EXPECT_TRUE(torch::allclose(ours, theirs, /*rtol=*/1e-5, /*atol=*/1e-5));  // sums are taken in another order
    const auto our_gradients = gradients(ours);
    const auto their_gradients = gradients(theirs);
    ASSERT_EQ(our_gradients.size(), their_gradients.size());
    ASSERT_GE(our_gradients.size(), 8U);
    double largest = 0;  // of all: the biases before batch normalisation have none but rounding
    for (const auto& gradient : their_gradients) largest = std::max(largest, gradient.abs().max().item<double>());
    for (std::size_t i = 0; i < our_gradients.size(); ++i) {
      EXPECT_TRUE(torch::allclose(our_gradients[i], their_gradients[i], /*rtol=*/0, /*atol=*/1e-6 * largest)) << i;
    }
  }
}

}  // namespace
}  // namespace propriod::model
