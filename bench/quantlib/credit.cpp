// Times QuantLib's bootstrap of the curves that bench/quantlib.ts writes to stdin, and prints what it found:
//   trade day serial | recovery | n discount knots: serial factor ... | n nodes: maturity serial ... | n names: spreads ...
// One line a helper model: name, microseconds a curve, then the survival at every node of every name.
// Compiled by bench/quantlib.ts where the headers of libquantlib0-dev are installed; no part of the product.
#include <ql/quantlib.hpp>
#include <chrono>
#include <iostream>
#include <vector>

using namespace QuantLib;

// Serials are days since 1970-01-01.
static Date dateOf(long day) { return Date(1, January, 1970) + day; }

int main() {
    long trade;
    double recovery;
    std::cin >> trade >> recovery;
    Settings::instance().evaluationDate() = dateOf(trade);
    size_t knots;
    std::cin >> knots;
    std::vector<Date> dates{dateOf(trade)};
    std::vector<DiscountFactor> factors{1.0};
    for (size_t i = 0; i < knots; i++) {
        long day;
        double factor;
        std::cin >> day >> factor;
        dates.push_back(dateOf(day));
        factors.push_back(factor);
    }
    Handle<YieldTermStructure> discount(
        ext::make_shared<InterpolatedDiscountCurve<LogLinear>>(dates, factors, Actual365Fixed()));
    size_t nodes;
    std::cin >> nodes;
    std::vector<long> months(nodes);
    std::vector<long> maturities(nodes);
    for (size_t i = 0; i < nodes; i++) std::cin >> months[i] >> maturities[i];
    size_t names;
    std::cin >> names;
    std::vector<std::vector<double>> spreads(names, std::vector<double>(nodes));
    for (auto& name : spreads)
        for (auto& spread : name) std::cin >> spread;
    std::cout.precision(17);
    for (int isda = 0; isda < 2; isda++) {
        std::vector<ext::shared_ptr<SimpleQuote>> quotes;
        std::vector<ext::shared_ptr<DefaultProbabilityHelper>> helpers;
        for (size_t i = 0; i < nodes; i++) {
            quotes.push_back(ext::make_shared<SimpleQuote>(spreads[0][i]));
            helpers.push_back(ext::make_shared<SpreadCdsHelper>(
                Handle<Quote>(quotes[i]), Period(months[i], Months), 0, WeekendsOnly(), Quarterly, Following,
                DateGeneration::CDS2015, Actual360(), recovery, discount, true, true, Date(), Actual360(true), true,
                isda ? CreditDefaultSwap::ISDA : CreditDefaultSwap::Midpoint));
        }
        PiecewiseDefaultCurve<HazardRate, BackwardFlat> curve(dateOf(trade), helpers, Actual365Fixed());
        std::vector<double> found;
        double best = 1e300;
        for (int round = 0; round < 7; round++) {
            found.clear();
            auto start = std::chrono::steady_clock::now();
            for (const auto& name : spreads) {
                for (size_t i = 0; i < nodes; i++) quotes[i]->setValue(name[i]);
                for (long maturity : maturities) found.push_back(curve.survivalProbability(dateOf(maturity)));
            }
            std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
            best = std::min(best, spent.count() / names);
        }
        std::cout << (isda ? "isda" : "mid-point") << ' ' << best;
        for (double survival : found) std::cout << ' ' << survival;
        std::cout << '\n';
    }
}
